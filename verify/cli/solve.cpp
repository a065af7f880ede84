// `oscillon solve`: builds DNN problems whose answer is known exactly, proves it by inference,
// writes them.
#include <nlohmann/json.hpp>

#include "engine/io/input_file.hpp"
#include "engine/io/network_folder.hpp"
#include "engine/io/text_scan.hpp"
#include "solutions/selective.hpp"
#include "verify/cli/command.hpp"

namespace oscillon::cli {

namespace {

struct WordsOptions : CommonOptions {
  std::string file;
  std::size_t layers = 1;
  std::string structure;
  std::string output;
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

// What one value type and one form of the network gave.
struct Outcome {
  std::string precision;
  std::string form;
  Exactness exactness;
};

template <NetworkValue T>
void prove(Problem<T>& problem, const InferenceOptions& inference, std::vector<Outcome>& outcomes) {
  const std::string precision(GraphblasType<T>::name);
  outcomes.push_back({precision, "layered", is_exact(problem, inference)});
  Problem<T> single = collapsed(problem);
  outcomes.push_back({precision, "collapsed", is_exact(single, inference)});
}

struct Size {
  Index categories = 0, features = 0, edges = 0;
};

template <NetworkValue T>
Size solve_words_in(const std::vector<std::string>& words, const Structure& structure,
                    const std::string& output, const InferenceOptions& inference,
                    std::vector<Outcome>& outcomes) {
  Problem<T> problem = selective_problem<T>(words, structure);
  prove(problem, inference, outcomes);
  if (!output.empty()) {
    write_network_folder(output, problem.network,
                         {{"inputs", &problem.inputs}, {"expected", &problem.expected}});
  }
  return {problem.network.outputs(), problem.network.inputs(), problem.network.edges()};
}

int solve_words(const WordsOptions& options, const std::stop_token& stop) {
  const std::vector<std::string> words = read_words(options.file);
  const std::size_t positions = letters_a_word(words, options.file);
  const Structure structure = options.structure.empty()
                                  ? sliding_windows(positions, options.layers)
                                  : parse_structure(options.structure, positions);
  std::vector<Outcome> outcomes;
  Size size;
  InferenceOptions inference;
  inference.threads = options.threads;
  inference.stop = stop;
  const std::vector<std::string> precisions =
      options.precision == "all" ? std::vector<std::string>{"fp32", "fp64", "int32", "int64"}
                                 : std::vector<std::string>{options.precision};
  for (const std::string& precision : precisions) {
    const std::string output = precision == precisions.front() ? options.output : "";
    size = with_precision(precision, [&]<class T>() {
      return solve_words_in<T>(words, structure, output, inference, outcomes);
    });
  }

  bool exact = true;
  nlohmann::json record{{"categories", size.categories},
                        {"features", size.features},
                        {"layers", structure.layers()},
                        {"edges", size.edges},
                        {"runs", nlohmann::json::array()}};
  std::string text =
      std::to_string(size.categories) + " categories, " + std::to_string(size.features) +
      " features, " + std::to_string(structure.layers()) + " layer" +
      (structure.layers() == 1 ? "" : "s") + ", " + std::to_string(size.edges) + " edges\n";
  for (const Outcome& outcome : outcomes) {
    exact = exact && outcome.exactness.exact;
    std::string line = "  " + outcome.precision;
    line.resize(9, ' ');
    line += outcome.form;
    line.resize(20, ' ');
    text += line + (outcome.exactness.exact ? "Y_L = I" : outcome.exactness.difference) + "\n";
    record["runs"].push_back({{"precision", outcome.precision},
                              {"form", outcome.form},
                              {"exact", outcome.exactness.exact},
                              {"difference", outcome.exactness.difference},
                              {"seconds", outcome.exactness.profile.seconds}});
  }
  record["exact"] = exact;
  text += exact ? "Solution EXACT\n" : "Solution NOT EXACT\n";
  print(options.json ? record.dump(2) + "\n" : text);
  return exact ? exit_ok : exit_mismatch;
}

}  // namespace

void add_solve(CLI::App& program, Action& action) {
  auto* solve = program.add_subcommand("solve", "Build exact DNN solutions and prove them");
  solve->require_subcommand(1);
  auto* words = solve->add_subcommand("words", "Select the words of a list, one a line");
  auto options = std::make_shared<WordsOptions>();
  words->add_option("FILE", options->file, "The words: UTF-8, of one length")
      ->check(some_path())
      ->required();
  auto* layers = words
                     ->add_option("--layers", options->layers,
                                  "Layers; hidden ones take windows of 2, 3, … letters")
                     ->check(whole_number(1, 64))
                     ->capture_default_str();
  words
      ->add_option("--structure", options->structure,
                   "Hidden layers as sets of positions, such as \"12,23,34;123,234\"")
      ->excludes(layers);
  words
      ->add_option("--precision", options->precision,
                   "Value type: fp32, fp64, int32, int64, or all of them (the output is fp32)")
      ->capture_default_str();
  words
      ->add_option("--output", options->output,
                   "Folder to write the network, inputs.tsv and expected.tsv to")
      ->check(some_path());
  add_threads_option(*words, *options);
  add_json_option(*words, *options);
  add_example(*words,
              "oscillon solve words verify/words/two-letter.txt --layers 1 --precision all");
  words->callback([options, &action] {
    action = [options](const std::stop_token& stop) { return solve_words(*options, stop); };
  });
}

}  // namespace oscillon::cli
