// Writes the sources of lib/ with deliberate faults in them, each behind a condition, and a table
// of these:
//   mutate SOURCE_DIRECTORY OUTPUT_DIRECTORY NAME.mutant...
// A mutant is a text: lines that start with "# " say which rule it breaks; then come hunks, each
// with a line "--- lib/..." that names a file, the lines of it that are replaced behind a '-', and
// those that replace them behind a '+'. What is replaced are whole statements that nothing behind
// them refers to, and occur in the file once: a mutant whose lines are gone fails the build.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Lines = std::vector<std::string>;

struct Hunk {
  std::string file;
  Lines minus;
  Lines plus;
};

struct Mutant {
  std::string name;
  std::string description;
  std::vector<Hunk> hunks;
};

// Some lines of a file, and what mutants, by number, have in their place.
struct Place {
  Lines minus;
  std::map<int, Lines> plus;
};
using Places = std::map<std::size_t, Place>;  // By the first line.

[[noreturn]] void Fail(const std::string& why) {
  std::cerr << "mutate: " << why << "\n";
  std::exit(1);
}

Lines ReadLines(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) Fail("cannot read " + path.string());
  Lines lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// Leaves a file that has not changed as old as it was, so that it is not compiled again.
void Write(const std::filesystem::path& path, const std::string& text) {
  std::stringstream old;
  old << std::ifstream(path).rdbuf();
  if (std::filesystem::exists(path) && old.str() == text) return;
  if (!(std::ofstream(path) << text).flush()) Fail("cannot write " + path.string());
}

std::string Joined(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

Mutant ReadMutant(const std::filesystem::path& path) {
  Mutant mutant = {path.stem(), "", {}};
  for (const std::string& line : ReadLines(path)) {
    const auto where = [&] { return path.string() + ": " + line + ": "; };
    if (line.empty()) continue;
    if (line.starts_with("# ") && mutant.hunks.empty()) {
      mutant.description += (mutant.description.empty() ? "" : " ") + line.substr(2);
    } else if (line.starts_with("--- lib/")) {
      mutant.hunks.push_back({line.substr(4), {}, {}});
    } else if (mutant.hunks.empty() || (line.front() != '-' && line.front() != '+')) {
      Fail(where() + "is neither \"# \", \"--- lib/\", '-' nor '+'");
    } else {
      Hunk& hunk = mutant.hunks.back();
      if (line.front() == '-' && !hunk.plus.empty()) Fail(where() + "a '-' behind a '+'");
      (line.front() == '-' ? hunk.minus : hunk.plus).push_back(line.substr(1));
    }
  }
  if (mutant.description.empty()) Fail(path.string() + " does not say which rule it breaks");
  return mutant;
}

// Where `needle` is in `lines`, which it must be exactly once.
std::size_t Find(const Lines& lines, const Hunk& hunk, const std::string& mutant) {
  const Lines& needle = hunk.minus;
  const auto where = [&] { return mutant + ".mutant, " + hunk.file; };
  if (needle.empty()) Fail(where() + ": a hunk without '-'");
  const auto found = std::search(lines.begin(), lines.end(), needle.begin(), needle.end());
  if (found == lines.end()) Fail(where() + " does not have these lines:\n" + Joined(needle));
  if (std::search(found + 1, lines.end(), needle.begin(), needle.end()) != lines.end()) {
    Fail(where() + " has these lines more than once:\n" + Joined(needle));
  }
  return static_cast<std::size_t>(found - lines.begin());
}

void Add(Places& places, std::size_t line, const Hunk& hunk, int number, const std::string& name) {
  Place& place = places.try_emplace(line, Place{hunk.minus, {}}).first->second;
  if (place.minus != hunk.minus || !place.plus.emplace(number, hunk.plus).second) {
    Fail(name + ".mutant, " + hunk.file + ": another hunk replaces some of these lines:\n" +
         Joined(hunk.minus));
  }
}

void CheckOverlaps(const Places& places, const std::string& file) {
  for (auto next = places.begin(); next != places.end();) {
    const auto place = next++;
    if (next == places.end() || place->first + place->second.minus.size() <= next->first) continue;
    Fail(file + ": mutants replace some of these lines, and not others:\n" +
         Joined(place->second.minus));
  }
}

std::string InCpp(const Place& place) {
  std::string text;
  for (const auto& [number, plus] : place.plus) {
    text +=
        (text.empty() ? "if (::holdfast::mutants::On(" : "} else if (::holdfast::mutants::On(") +
        std::to_string(number) + ")) {\n" + Joined(plus);
  }
  return text + "} else {\n" + Joined(place.minus) + "}\n";
}

// The file with `as_text` of each place in its stead.
template <class AsText>
std::string Replaced(const Lines& lines, const Places& places, AsText as_text) {
  std::string text;
  for (std::size_t i = 0; i < lines.size();) {
    const auto place = places.find(i);
    text += place == places.end() ? lines[i] + "\n" : as_text(place->second);
    i += place == places.end() ? 1 : place->second.minus.size();
  }
  return text;
}

void WriteCore(const std::vector<Mutant>& mutants, const std::filesystem::path& source,
               const std::filesystem::path& output) {
  std::map<std::string, Places> files;
  for (std::size_t m = 0; m < mutants.size(); ++m) {
    for (const Hunk& hunk : mutants[m].hunks) {
      if (!hunk.file.ends_with(".cc")) continue;
      const Lines lines = ReadLines(source / hunk.file);
      Add(files[hunk.file], Find(lines, hunk, mutants[m].name), hunk, static_cast<int>(m),
          mutants[m].name);
    }
  }
  for (const auto& [file, places] : files) {
    CheckOverlaps(places, file);
    const std::string head =
        "// Made from " + file + " by mutate.\n#include <map>\n#include " + "\"sim/mutants.h\"\n";
    Write(output / std::filesystem::path(file).filename(),
          head + Replaced(ReadLines(source / file), places, InCpp));
  }
}

// The text of a script with this mutant's hunks in it.
std::string MutatedScript(const Mutant& mutant, int number, const std::string& file,
                          const std::filesystem::path& source) {
  const Lines lines = ReadLines(source / file);
  Places places;
  for (const Hunk& hunk : mutant.hunks) {
    if (hunk.file != file) continue;
    Add(places, Find(lines, hunk, mutant.name), hunk, number, mutant.name);
  }
  CheckOverlaps(places, file);
  return Replaced(lines, places,
                  [&](const Place& place) { return Joined(place.plus.begin()->second); });
}

std::string Scripts(const Mutant& mutant, int number, const std::filesystem::path& source) {
  std::map<std::string, std::string> texts;  // By file.
  for (const Hunk& hunk : mutant.hunks) {
    if (hunk.file.ends_with(".lua") && !texts.contains(hunk.file)) {
      texts[hunk.file] = MutatedScript(mutant, number, hunk.file, source);
    }
  }
  std::stringstream code;
  for (const auto& [file, text] : texts) {
    const std::string script = std::filesystem::path(file).stem();
    code << "    {" << number << ", {\"" << script << "\", \"" << std::setfill('0') << std::setw(33)
         << number << "-" << script.substr(0, 6) << "\", R\"lua(" << text << ")lua\"}},\n";
  }
  return code.str();
}

std::string Table(const std::vector<Mutant>& mutants, const std::filesystem::path& source) {
  std::stringstream list;
  std::string scripts;
  for (std::size_t m = 0; m < mutants.size(); ++m) {
    const Mutant& mutant = mutants[m];
    list << "    {" << std::quoted(mutant.name) << ", " << std::quoted(mutant.description) << ", "
         << (mutant.hunks.empty() ? "true" : "false") << "},\n";
    scripts += Scripts(mutant, static_cast<int>(m), source);
  }
  return "// Made by mutate.\n#include \"sim/mutants/table.h\"\n\nnamespace holdfast::mutants {\n"
         "namespace {\nconst Mutant list[] = {\n" +
         list.str() + "};\nconst MutatedScript scripts[] = {\n" + scripts +
         "};\n}  // namespace\nconst std::span<const Mutant> kMutants = list;\n"
         "const std::span<const MutatedScript> kMutatedScripts = scripts;\n"
         "}  // namespace holdfast::mutants\n";
}

}  // namespace

int main(int count, char** words) {
  if (count < 4) Fail("usage: mutate SOURCE_DIRECTORY OUTPUT_DIRECTORY NAME.mutant...");
  std::vector<Mutant> mutants;
  for (int i = 3; i < count; ++i) mutants.push_back(ReadMutant(words[i]));
  WriteCore(mutants, words[1], words[2]);
  Write(std::filesystem::path(words[2]) / "table.cc", Table(mutants, words[1]));
}
