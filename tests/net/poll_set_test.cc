#include "net/poll_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <asio/any_io_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "holdfast/detail/queued.h"
#include "net/strand.h"
#include "net/unique_fd.h"

namespace holdfast::net {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What is not there by then is a failure.
constexpr seconds kDeadline{10};

using Log = std::vector<std::string>;

// One end of a connection, in the set; the test has the other.
class Member final : public PollSet::Member, public std::enable_shared_from_this<Member> {
 public:
  Member(PollSet& set, Log& log, std::string name) : set_(set), log_(log), name_(std::move(name)) {
    std::array<int, 2> ends = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    ours_.Reset(ends[0]);
    theirs_.Reset(ends[1]);
  }

  void Join() { EXPECT_FALSE(set_.Add(ours_.get(), shared_from_this())); }

  void Leave() {
    set_.Remove(ours_.get());
    ours_.Reset();
  }

  void Say(const std::string& text) const {
    EXPECT_EQ(write(theirs_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  // Writes until there is no more room; and reads that much from the other end.
  void Fill() const {
    const std::string piece(4096, 'x');
    while (write(ours_.get(), piece.data(), piece.size()) > 0) {
    }
  }
  void Drain() const {
    std::array<char, 4096> piece;
    while (read(theirs_.get(), piece.data(), piece.size()) > 0) {
    }
  }

  void OnReadable() override {
    std::array<char, 64> bytes;
    const ssize_t size = read(ours_.get(), bytes.data(), bytes.size());
    log_.push_back(name_ + " reads " + std::string(bytes.data(), size > 0 ? size : 0));
    if (on_read) on_read();
  }
  void OnWritable() override {
    log_.push_back(name_ + " has room");
    if (on_room) on_room();
  }
  void Flush() override {
    log_.push_back(name_ + " flushes");
    if (on_flush) on_flush();
  }

  int socket() const { return ours_.get(); }

  std::function<void()> on_read, on_room, on_flush;

 private:
  PollSet& set_;
  Log& log_;
  const std::string name_;
  UniqueFd ours_;
  UniqueFd theirs_;
};

class PollSetTest : public ::testing::Test {
 protected:
  std::shared_ptr<Member> Join(const std::string& name) {
    auto member = std::make_shared<Member>(*set_, log_, name);
    member->Join();
    return member;
  }

  // Runs the loop until nothing is left to wait for.
  void RunOut() {
    io_.restart();
    io_.run_for(kDeadline);
    EXPECT_TRUE(io_.stopped()) << "the loop has something left to wait for";
  }

  Log log_;
  asio::io_context io_{1};
  std::shared_ptr<PollSet> set_ = std::make_shared<PollSet>(io_.get_executor());
};

TEST_F(PollSetTest, AllAreReadBeforeWhatCameOfItGoesOut) {
  const auto a = Join("a");
  const auto b = Join("b");
  a->on_read = [&] {
    set_->ScheduleFlush(b);
    set_->ScheduleFlush(a);
  };
  b->on_read = [&] { set_->ScheduleFlush(b); };
  b->on_flush = [&] {
    a->Leave();
    b->Leave();
  };
  a->Say("1");
  b->Say("2");
  RunOut();
  EXPECT_THAT(log_, ElementsAre("a reads 1", "b reads 2", "b flushes", "a flushes", "b flushes"));
}

TEST_F(PollSetTest, OutsideATurnTheHandlersThatAreReadyRunBeforeTheFlush) {
  const auto a = std::make_shared<Member>(*set_, log_, "a");
  asio::post(io_, [&] { set_->ScheduleFlush(a); });
  asio::post(io_, [&] { log_.push_back("another handler"); });
  RunOut();
  EXPECT_THAT(log_, ElementsAre("another handler", "a flushes"));
}

// As a client's handlers do it: on the loop, and from there on the strand.
class PollSetOnAStrandTest : public PollSetTest {
 protected:
  PollSetOnAStrandTest() { set_ = std::make_shared<PollSet>(strand_); }

  void PostHandler(const std::string& name, const std::shared_ptr<Member>& writer,
                   std::function<void()> then = nullptr) {
    asio::post(io_, [=, this] {
      asio::dispatch(strand_, [=, this] {
        log_.push_back(name);
        set_->ScheduleFlush(writer);
        if (then) then();
      });
    });
  }

  const asio::any_io_executor strand_ = MakeStrand(io_.get_executor());
};

TEST_F(PollSetOnAStrandTest, HandlersThatAreReadyWriteTogether) {
  const auto a = std::make_shared<Member>(*set_, log_, "a");
  PostHandler("1", a);
  PostHandler("2", a);
  RunOut();
  EXPECT_THAT(log_, ElementsAre("1", "2", "a flushes", "a flushes"));
}

TEST_F(PollSetOnAStrandTest, HandlersThatATurnPostedWriteTogetherBeforeMoreIsRead) {
  const auto a = Join("a");
  const auto b = Join("b");
  a->on_read = [&] {
    set_->AwaitHandlers();
    set_->ScheduleFlush(b);
    PostHandler("1", a, [&] { b->Say("more"); });
    PostHandler("2", a);
  };
  b->on_read = [&] {
    a->Leave();
    b->Leave();
  };
  a->Say("begin");
  RunOut();
  EXPECT_THAT(log_, ElementsAre("a reads begin", "b flushes", "1", "2", "a flushes", "a flushes",
                                "b reads more"));
}

TEST_F(PollSetOnAStrandTest, GoesOnReadingWhereTheHandlersWroteNothing) {
  const auto a = Join("a");
  a->on_read = [&] {
    if (log_.size() == 2) return a->Leave();
    set_->AwaitHandlers();
    asio::post(io_, [&] { a->Say("2"); });
  };
  a->Say("1");
  RunOut();
  EXPECT_THAT(log_, ElementsAre("a reads 1", "a reads 2"));
}

// A handler of the user's, on its way.
class Operation final : public detail::Queued {
 public:
  explicit Operation(std::function<void()> run) : run_(std::move(run)) {}
  void Run() override {
    const auto run = std::move(run_);
    delete this;
    run();
  }

 private:
  std::function<void()> run_;
};

TEST_F(PollSetOnAStrandTest, FirstOperationThatATurnCompletesRunsAtOnceAndOffTheStrand) {
  const auto a = Join("a");
  const auto start = [&](const std::string& name) {
    return std::make_unique<Operation>(
        [&, name] { log_.push_back(name + (IsOnStrand(strand_) ? " on the strand" : "")); });
  };
  auto first = start("first");
  auto second = start("second");
  a->on_read = [&] {
    asio::post(io_, [&] { log_.push_back("posted before"); });
    detail::PostTo(io_.get_executor(), std::move(first));
    detail::PostTo(io_.get_executor(), std::move(second));
    set_->ScheduleFlush(a);
    a->Leave();
  };
  a->Say("1");
  RunOut();
  EXPECT_THAT(log_, ElementsAre("a reads 1", "a flushes", "first", "posted before", "second"));
}

// As from a callback that waits for it.
TEST_F(PollSetTest, OperationThatWasStartedInTheTurnIsNotLeftToItsThread) {
  asio::io_context io{2};  // With one, Asio would keep what is posted to the thread.
  set_ = std::make_shared<PollSet>(MakeStrand(io.get_executor()));
  const auto a = Join("a");
  std::atomic<bool> answered = false;
  a->on_read = [&] {
    detail::PostTo(io.get_executor(), std::make_unique<Operation>([&] { answered = true; }));
    std::thread another([&] { io.run_one_for(kDeadline); });
    another.join();
    EXPECT_TRUE(answered);
    a->Leave();
  };
  a->Say("1");
  io.run_for(kDeadline);
  EXPECT_TRUE(answered);
  set_ = nullptr;  // Before its loop.
}

TEST_F(PollSetOnAStrandTest, OperationForAnotherExecutorIsPostedThere) {
  asio::io_context other;
  const auto a = Join("a");
  auto operation = std::make_unique<Operation>([&] { log_.push_back("there"); });
  a->on_read = [&] {
    detail::PostTo(other.get_executor(), std::move(operation));
    a->Leave();
  };
  a->Say("1");
  RunOut();
  EXPECT_THAT(log_, ElementsAre("a reads 1"));
  other.run_for(kDeadline);
  EXPECT_THAT(log_, ElementsAre("a reads 1", "there"));
}

TEST_F(PollSetTest, WhatAFlushSchedulesGoesOutAsWell) {
  const auto a = Join("a");
  const auto b = Join("b");
  a->on_read = [&] { set_->ScheduleFlush(a); };
  a->on_flush = [&] { set_->ScheduleFlush(b); };
  b->on_flush = [&] {
    a->Leave();
    b->Leave();
  };
  a->Say("1");
  RunOut();
  EXPECT_THAT(log_, ElementsAre("a reads 1", "a flushes", "b flushes"));
}

TEST_F(PollSetTest, WhatIsNotReadIsSaidAgain) {
  const auto a = Join("a");
  a->on_read = [&] {
    if (log_.size() == 2) a->Leave();
  };
  a->Say(std::string(100, 'x'));
  RunOut();
  EXPECT_THAT(log_,
              ElementsAre("a reads " + std::string(64, 'x'), "a reads " + std::string(36, 'x')));
}

TEST_F(PollSetTest, RoomIsToldOnce) {
  const auto a = Join("a");
  a->Fill();
  set_->AwaitRoom(a->socket());
  a->on_room = [&] { a->Say("end"); };
  a->on_read = [&] { a->Leave(); };
  asio::post(io_, [&] { a->Drain(); });
  RunOut();
  EXPECT_THAT(log_, ElementsAre("a has room", "a reads end"));
}

TEST_F(PollSetTest, RoomIsToldToTheLastOfSeveralWhoWaitForIt) {
  const auto a = Join("a");
  const auto b = Join("b");
  for (const auto& member : {a, b}) {
    member->Fill();
    set_->AwaitRoom(member->socket());
  }
  a->on_room = [&] {
    a->Leave();
    b->Drain();
  };
  b->on_room = [&] { b->Leave(); };
  a->Drain();
  RunOut();
  EXPECT_THAT(log_, ElementsAre("a has room", "b has room"));
}

TEST_F(PollSetTest, WhoHasLeftInTheSameTurnHearsNothing) {
  const auto a = Join("a");
  const auto b = Join("b");
  a->on_read = [&] {
    a->Leave();
    b->Leave();
  };
  b->on_read = a->on_read;
  a->Say("1");
  b->Say("2");
  RunOut();
  EXPECT_EQ(log_.size(), 1U);
}

TEST_F(PollSetTest, WhoComesInATurnIsHeardToo) {
  const auto a = Join("a");
  std::shared_ptr<Member> b;
  a->on_read = [&] {
    a->Leave();
    b = Join("b");
    b->on_read = [&] { b->Leave(); };
    b->Say("2");
  };
  a->Say("1");
  RunOut();
  EXPECT_THAT(log_, ElementsAre("a reads 1", "b reads 2"));
}

TEST_F(PollSetTest, MembersThatAreGoneAreForgotten) {
  auto a = Join("a");
  const auto b = Join("b");
  const int socket = a->socket();
  a->Say("1");
  set_->ScheduleFlush(a);
  b->on_read = [&] {
    set_->Remove(socket);
    b->Leave();
  };
  a = nullptr;
  b->Say("2");
  RunOut();
  EXPECT_THAT(log_, ElementsAre("b reads 2"));
}

// The set of a forked child is the same object of the kernel's.
TEST_F(PollSetTest, ForkedChildTakesNothingOutOfIt) {
  const auto a = Join("a");
  a->on_read = [&] { a->Leave(); };
  const pid_t child = fork();
  if (child == 0) {
    a->Leave();
    _exit(log_.empty() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  a->Say("1");
  RunOut();
  EXPECT_THAT(log_, ElementsAre("a reads 1"));
}

TEST_F(PollSetTest, ForkedChildThatRunsTheSameLoopLeavesAllToItsParent) {
  const auto a = Join("a");
  a->on_read = [&] { a->Leave(); };
  a->Say("1");
  set_->ScheduleFlush(a);
  const pid_t child = fork();
  if (child == 0) {
    io_.notify_fork(asio::execution_context::fork_child);
    io_.run_for(kDeadline);
    _exit(log_.empty() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_THAT(log_, IsEmpty());
  RunOut();
  EXPECT_THAT(log_, ::testing::UnorderedElementsAre("a reads 1", "a flushes"));
}

// A callback may fork, and return in the child as well.
TEST_F(PollSetTest, ChildThatIsForkedInATurnLeavesTheRestOfItToTheParent) {
  const auto a = Join("a");
  const auto b = Join("b");
  pid_t child = -1;
  a->on_read = [&] {
    set_->ScheduleFlush(b);
    child = fork();
  };
  b->on_flush = [&] {
    a->Leave();
    b->Leave();
  };
  a->Say("1");
  b->Say("2");
  io_.run_for(kDeadline);
  if (child == 0) _exit(log_.size() == 1 ? 0 : 1);
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "the child went on";
  EXPECT_THAT(log_, ElementsAre("a reads 1", "b reads 2", "b flushes"));
}

}  // namespace
}  // namespace holdfast::net
