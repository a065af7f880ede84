// `oscillon solve words`: selects the words of a list.
#include "engine/io/input_file.hpp"
#include "engine/io/text_scan.hpp"
#include "solutions/selective.hpp"
#include "verify/cli/solve.hpp"

namespace oscillon::cli {

namespace {

struct WordsOptions : SolveOptions {
  std::string file;
  std::size_t layers = 1;
  std::string structure;
};

// One word a line.
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

int solve_words(const WordsOptions& options, const std::stop_token& stop) {
  const std::vector<std::string> words = read_words(options.file);
  const std::size_t positions = letters_a_word(words, options.file);
  const Structure structure = options.structure.empty()
                                  ? sliding_windows(positions, options.layers)
                                  : parse_structure(options.structure, positions);
  return solve(options, stop,
               [&]<class T>() { return selective_problem<T>(words, structure, options.betas); });
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
  add_solve_options(*app, *options);
  add_example(*app, "oscillon solve words verify/words/two-letter.txt --layers 1 --precision all");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) { return solve_words(*options, stop); };
  });
}

}  // namespace oscillon::cli
