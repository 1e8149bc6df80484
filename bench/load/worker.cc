#include "load/worker.h"

#include <time.h>

#include <cstdint>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "load/allocations.h"
#include "load/contender.h"
#include "load/contestant.h"
#include "load/data_load.h"
#include "load/die.h"
#include "load/holder.h"
#include "load/limit.h"

namespace holdfast::bench {
namespace {

// Writes the answer to `order`, whose first word has been read; false if it is none of its.
using Handler =
    std::function<bool(const std::string& word, std::istream& order, std::ostream& answer)>;

double CpuSeconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

int ReadNumber(std::istream& order) {
  int number = 0;
  if (!(order >> number)) Die("a number is missing in an order");
  return number;
}

void WriteNanoseconds(std::ostream& answer, const char* name, const Durations& durations) {
  answer << ", \"" << name << "\": [";
  const char* separator = "";
  for (Clock::duration duration : durations) {
    answer << separator << std::chrono::nanoseconds(duration).count();
    separator = ", ";
  }
  answer << "]";
}

template <class Work>
void Measure(std::ostream& answer, Work work) {
  const std::uint64_t allocations = AllocationsOfThisThread();
  const double cpu = CpuSeconds();
  const Clock::time_point start = Clock::now();
  work();
  const std::chrono::duration<double> seconds = Clock::now() - start;
  answer << "{\"seconds\": " << seconds.count() << ", \"cpu\": " << CpuSeconds() - cpu
         << ", \"allocations\": " << AllocationsOfThisThread() - allocations;
}

void Pairs(Contestant& contestant, std::istream& order, std::ostream& answer) {
  const int in_flight = ReadNumber(order);
  const int count = ReadNumber(order);
  Times times;
  times.acquires.reserve(static_cast<std::size_t>(count));
  times.pairs.reserve(static_cast<std::size_t>(count));
  Measure(answer, [&] { contestant.RunPairs(in_flight, count, times); });
  WriteNanoseconds(answer, "acquires", times.acquires);
  WriteNanoseconds(answer, "pairs", times.pairs);
  answer << "}";
}

bool HandlePairs(Contestant& contestant, const std::string& word, std::istream& order,
                 std::ostream& answer) {
  if (word == "pairs") {
    Pairs(contestant, order, answer);
  } else if (word == "drain") {
    contestant.Drain();
    answer << "{}";
  } else {
    return false;
  }
  return true;
}

Handler HandlerOf(std::shared_ptr<Contestant> contestant) {
  contestant->Drain();  // Connects, and takes no lock: others may be about to do the same.
  return [contestant](const std::string& word, std::istream& order, std::ostream& answer) {
    return HandlePairs(*contestant, word, order, answer);
  };
}

Handler LimitHandler(const Setup& setup) {
  auto limit = std::make_shared<Limit>(setup);
  return [limit](const std::string& word, std::istream& order, std::ostream& answer) {
    if (word != "acquire" && word != "release") return HandlePairs(*limit, word, order, answer);
    const int names = ReadNumber(order);
    word == "acquire" ? limit->AcquireAll(names) : limit->ReleaseAll(names);
    answer << "{}";
    return true;
  };
}

void WriteContention(std::ostream& answer, const Contention& contention) {
  answer << "{\"failed\": " << contention.failed << ", \"holds\": [";
  const char* separator = "";
  const auto instant = [](Clock::time_point time) {
    return std::chrono::nanoseconds(time.time_since_epoch()).count();
  };
  for (const Contention::Hold& hold : contention.holds) {
    answer << separator << "[" << instant(hold.asked) << ", " << instant(hold.acquired) << ", "
           << instant(hold.released) << "]";
    separator = ", ";
  }
  answer << "]}";
}

Handler ContenderHandler(const Setup& setup) {
  auto contender = std::make_shared<Contender>(setup);
  return [contender](const std::string& word, std::istream& order, std::ostream& answer) {
    if (word != "contend") return false;
    const std::chrono::seconds seconds(ReadNumber(order));
    const std::chrono::microseconds hold(ReadNumber(order));
    WriteContention(answer, contender->Contend(Clock::now() + seconds, hold));
    return true;
  };
}

Handler HolderHandler(const Setup& setup) {
  return [setup](const std::string& word, std::istream& order, std::ostream& answer) {
    const int count = ReadNumber(order);
    if (word == "hold") {
      const HoldingLoad load = HoldMany(setup, count, std::chrono::seconds(ReadNumber(order)));
      answer << "{\"cpu_share\": " << load.cpu_share << ", \"lost\": " << load.lost
             << ", \"bytes_per_lock\": " << load.bytes_per_lock << "}";
    } else if (word == "wait") {
      answer << "{\"bytes_per_waiter\": " << BytesPerWaiter(setup, count) << "}";
    } else {
      return false;
    }
    return true;
  };
}

Handler DataHandler(const Setup& setup) {
  auto data = std::make_shared<DataLoad>(setup.urls.front());
  return [data](const std::string& word, std::istream& order, std::ostream& answer) {
    const int in_flight = ReadNumber(order);
    const int count = ReadNumber(order);
    const std::size_t before = AllocatedBytes();
    Measure(answer, [&] {
      if (word == "get") data->Get(in_flight, count);
      if (word == "set") data->Set(in_flight, count);
      if (word == "commands") data->Commands(in_flight, count);
      if (word == "pipelines") data->Pipelines(in_flight, count);
    });
    const std::size_t after = AllocatedBytes();
    answer << ", \"kept_bytes\": " << (after > before ? after - before : 0) << "}";
    return true;
  };
}

Handler MakeHandler(std::string_view kind, const Setup& setup) {
  if (kind == "limit") return LimitHandler(setup);
  if (kind == "async") return HandlerOf(MakeAsync(setup));
  if (kind == "blocking") return HandlerOf(MakeBlocking(setup));
  if (kind == "contender") return ContenderHandler(setup);
  if (kind == "holder") return HolderHandler(setup);
  if (kind == "data") return DataHandler(setup);
  Die("unknown kind of worker '" + std::string(kind) + "'");
}

}  // namespace

int RunWorker(std::string_view kind, const Setup& setup) {
  const Handler handle = MakeHandler(kind, setup);
  std::cout << "{}" << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream order(line);
    std::ostringstream answer;
    std::string word;
    order >> word;
    if (!handle(word, order, answer)) Die("unknown order '" + line + "'");
    std::cout << answer.str() << std::endl;
  }
  return 0;
}

}  // namespace holdfast::bench
