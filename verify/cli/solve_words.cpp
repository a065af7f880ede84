// `oscillon solve words`: selects the words of a list.
#include <algorithm>
#include <map>

#include "engine/io/input_file.hpp"
#include "engine/io/text_scan.hpp"
#include "oscillon/solutions/selective.hpp"
#include "verify/cli/solve.hpp"

namespace oscillon::cli {

std::vector<std::string> read_words(const std::string& path) {
  const InputFile file(path);
  ScanOptions scan;
  scan.separator = '\0';  // the line is one field
  std::vector<std::string> words;
  for (auto& chunk : scan_lines<std::vector<std::string>>(
           path, file.text(), scan, [](LineScanner&line, std::vector<std::string>&into) {
             into.emplace_back(line.text());
           })) {
    words.insert(words.end(), chunk.begin(), chunk.end());
  }
  return words;
}

std::size_t letters_a_word(const std::vector<std::string>& words, const std::string& path) {
  try {
    return word_length(words);
  } catch (const WordError& error) {
    throw ParseError(path, error.word() + 1, 1, error.what());
  } catch (const Error& error) {
    throw ParseError(path, 0, 0, error.what());
  }
}

std::vector<std::vector<std::string>> read_table(const std::string& path) {
  using Lines = std::vector<std::vector<std::string>>;
  const InputFile file(path);
  Lines lines;
  for (auto& chunk : scan_lines<Lines>(path, file.text(), {}, [](LineScanner&line, Lines&into) {
         into.push_back({std::string(line.text())});
         while (!line.at_end()) {
           line.separator("field");
           into.back().emplace_back(line.text());
         }
       })) {
    lines.insert(lines.end(), chunk.begin(), chunk.end());
  }
  return lines;
}

namespace {

struct WordsOptions : SolveOptions {
  std::string file;
  std::size_t layers = 1;
  std::string structure;
  bool records = false;
  bool by_length = false;
};

// A line of field names, then records. The key of a record is its fields joined by |, a feature is
// name=value.
Records read_records(const std::string& path) {
  std::vector<std::vector<std::string>> lines = read_table(path);
  if (lines.size() < 2) {
    throw ParseError(path, 0, 0, "a table needs a line of names and a line for each record");
  }
  Records records;
  records.separator = "&";
  for (const std::string& name : lines.front()) records.labels.push_back(name + "=");
  for (std::size_t r = 1; r < lines.size(); ++r) {
    std::string key;
    for (const std::string& field : lines[r]) {
      if (field.find('|') != std::string::npos) {
        throw ParseError(path, r + 1, 1,
                         "the field " + in_quotes(field) +
                             " holds |, which joins the fields in the key of a record");
      }
      key += (key.empty() ? "" : "|") + field;
    }
    records.keys.push_back(std::move(key));
    records.fields.push_back(std::move(lines[r]));
  }
  return records;
}

Structure structure_for(const WordsOptions& options, std::size_t positions) {
  return options.structure.empty() ? sliding_windows(positions, options.layers)
                                   : parse_structure(options.structure, positions);
}

int solve_records(const WordsOptions& options, const std::stop_token& stop) {
  const Records records = read_records(options.file);
  const Structure structure = structure_for(options, records.labels.size());
  try {
    return solve(options, stop, [&]<class T>() {
      return selective_problem<T>(records, structure, options.betas);
    });
  } catch (const WordError& error) {
    throw ParseError(options.file, error.word() + 2, 1, error.what());
  }
}

int solve_list(const std::vector<std::string>& words, const WordsOptions& options,
               const std::stop_token& stop) {
  const Structure structure = structure_for(options, letters_a_word(words, options.file));
  return solve(options, stop,
               [&]<class T>() { return selective_problem<T>(words, structure, options.betas); });
}

int solve_words(const WordsOptions& options, const std::stop_token& stop) {
  if (options.records) return solve_records(options, stop);
  const std::vector<std::string> words = read_words(options.file);
  if (!options.by_length) return solve_list(words, options, stop);
  std::map<std::size_t, std::vector<std::string>> by_length;
  std::map<std::string, std::size_t> line_of;
  for (std::size_t w = 0; w < words.size(); ++w) {
    try {
      by_length[word_length({words[w]})].push_back(words[w]);
    } catch (const WordError& error) {
      throw ParseError(options.file, w + 1, 1, error.what());
    }
    const auto [first, fresh] = line_of.emplace(words[w], w + 1);
    if (!fresh) {
      throw ParseError(options.file, w + 1, 1,
                       "the word " + in_quotes(words[w]) + " stands on line " +
                           std::to_string(first->second) + " already");
    }
  }
  int code = exit_ok;
  for (const auto& [length, list] : by_length) {
    WordsOptions of_length = options;
    if (!options.output.empty()) of_length.output += "/length-" + std::to_string(length);
    print("Words of " + std::to_string(length) + " letters: ");
    code = std::max(code, solve_list(list, of_length, stop));
  }
  return code;
}

}  // namespace

void add_solve_words(CLI::App& solve, Action& action) {
  auto* app = solve.add_subcommand("words", "Select the words of a list, one a line");
  auto options = std::make_shared<WordsOptions>();
  app->add_option("FILE", options->file, "The words: UTF-8, of one length")
      ->check(some_path())
      ->required();
  auto* layers = app->add_option("--layers", options->layers,
                                 "Layers; hidden ones take windows of 2, 3, … letters")
                     ->check(whole_number(1, 64))
                     ->capture_default_str();
  app->add_option("--structure", options->structure,
                  "Hidden layers as sets of positions, such as \"12,23,34;123,234\"")
      ->excludes(layers);
  auto* records = app->add_flag(
      "--records", options->records,
      "FILE is a table of records instead: tab-separated fields under a line of their names");
  auto* by_length = app->add_flag("--by-length", options->by_length,
                                  "Solve the words of each length on their own")
                        ->excludes(records);
  add_solve_options(*app, *options)->excludes(by_length);
  add_example(*app, "oscillon solve words verify/words/two-letter.txt --layers 1 --precision all");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) { return solve_words(*options, stop); };
  });
}

}  // namespace oscillon::cli
