#include "support/cluster_view.h"

#include <algorithm>
#include <sstream>

namespace holdfast::testing {
namespace {

std::pair<int, int> ParseRange(const std::string& word) {
  const int first = std::stoi(word);
  const std::size_t dash = word.find('-');
  return {first, dash == std::string::npos ? first : std::stoi(word.substr(dash + 1))};
}

// id address flags master ping pong epoch link slots…
NodeView ParseLine(const std::string& line) {
  NodeView node;
  std::istringstream words(line);
  std::string ignored;
  words >> node.id >> ignored >> node.flags >> node.master_id;
  for (int i = 0; i < 4; ++i) words >> ignored;
  for (std::string word; words >> word;) {
    if (word[0] == '[') continue;  // A slot on the move, which only its two nodes show.
    node.slots.push_back(ParseRange(word));
  }
  return node;
}

}  // namespace

bool NodeView::Has(const std::string& flag) const {
  return ("," + flags + ",").find("," + flag + ",") != std::string::npos;
}

bool NodeView::Owns(int slot) const {
  return std::any_of(slots.begin(), slots.end(), [slot](const auto& range) {
    return range.first <= slot && slot <= range.second;
  });
}

std::string NodeView::Summary() const {
  std::string summary = id + (Has("master") ? " master" : " replica of " + master_id);
  for (const auto& [first, last] : slots) {
    summary += " " + std::to_string(first) + "-" + std::to_string(last);
  }
  return summary;
}

std::vector<NodeView> ParseClusterNodes(const std::string& text) {
  std::vector<NodeView> nodes;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) nodes.push_back(ParseLine(line));
  }
  return nodes;
}

}  // namespace holdfast::testing
