#include "core/reply_access.h"

#include <algorithm>

namespace holdfast::detail {

static_assert(static_cast<int>(Reply::Type::kNil) == static_cast<int>(core::ReplyType::kNil));
static_assert(static_cast<int>(Reply::Type::kArray) == static_cast<int>(core::ReplyType::kArray));

// Copies a tree into one block: its nodes, those of one array side by side, and then its texts.
class ReplyAccess::Tree {
 public:
  static Reply Copy(core::ReplyView view) {
    std::size_t nodes = 0;
    std::size_t bytes = 0;
    Measure(view, nodes, bytes);
    const std::size_t room = nodes + (bytes + sizeof(Node) - 1) / sizeof(Node);
    const auto block = std::make_shared<Node[]>(room);
    Tree tree(block.get(), reinterpret_cast<char*>(block.get() + nodes));
    return {block, tree.Add(view)};
  }

  // The type and the size alone.
  static Reply::Node NodeOf(core::ReplyView view) {
    Reply::Node node;
    node.type = static_cast<Reply::Type>(view.type());
    node.size = std::max(view.size(), view.text().size());
    return node;
  }

 private:
  using Node = Reply::Node;

  Tree(Node* nodes, char* texts) : nodes_(nodes), texts_(texts) {}

  // The elements below `view`, and the bytes of all the texts.
  static void Measure(core::ReplyView view, std::size_t& nodes, std::size_t& bytes) {
    bytes += view.text().size();
    nodes += view.size();
    for (const core::ReplyView element : view) Measure(element, nodes, bytes);
  }

  Node Add(core::ReplyView view) {
    Node node = NodeOf(view);
    if (node.type == Reply::Type::kInteger) {
      node.integer = view.integer();
    } else if (node.type == Reply::Type::kArray) {
      node.elements = AddElements(view);
    } else {
      node.text = AddText(view.text());
    }
    return node;
  }

  const Node* AddElements(core::ReplyView array) {
    Node* const elements = nodes_;
    nodes_ += array.size();
    Node* next = elements;
    for (const core::ReplyView element : array) *next++ = Add(element);
    return elements;
  }

  const char* AddText(std::string_view text) {
    const char* const start = texts_;
    texts_ = std::copy(text.begin(), text.end(), texts_);
    return start;
  }

  Node* nodes_;  // Where the next ones go.
  char* texts_;
};

Reply ReplyAccess::Copy(core::ReplyView view) {
  const std::string_view text = view.text();
  Reply reply;
  if (view.type() == core::ReplyType::kArray || text.size() > reply.small_.size()) {
    return Tree::Copy(view);
  }
  reply.node_ = Tree::NodeOf(view);
  if (reply.is_integer()) {
    reply.node_.integer = view.integer();
  } else {
    reply.node_.text = nullptr;
    std::copy(text.begin(), text.end(), reply.small_.begin());
  }
  return reply;
}

}  // namespace holdfast::detail
