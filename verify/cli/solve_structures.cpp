// `oscillon solve structures`: counts the structures of exact solutions, names them, proves them.
#include <cmath>
#include <cstdio>
#include <random>

#include "oscillon/solutions/structures.hpp"
#include "verify/cli/solve.hpp"
#include "verify/figures/gnuplot.hpp"

namespace oscillon::cli {

namespace {

struct StructuresOptions : CommonOptions {
  std::size_t positions = 4;
  std::size_t layers = 4;
  std::string words, plot;
  std::optional<std::uint64_t> rank;
  Index sample = 100;
  std::uint64_t seed = 1;
};

struct Row {
  std::size_t layers;
  std::uint64_t count, up_to_symmetry;
  std::optional<double> edges;  // of a random structure, in the mean
};

// Proves a sample of the structures on the words; returns the mean number of weights. A difference
// goes to `fault`.
template <NetworkValue T>
double prove_sample(const StructureSpace& space, const std::vector<std::string>& words,
                    const StructuresOptions& options, const std::stop_token& stop,
                    std::string& fault) {
  InferenceOptions inference;
  inference.threads = options.threads;
  inference.stop = stop;
  std::mt19937_64 random(options.seed);
  const bool all = options.sample == 0 || options.sample >= space.count();
  const std::uint64_t structures = all ? space.count() : options.sample;
  double edges = 0;
  for (std::uint64_t i = 0; i < structures; ++i) {
    const std::uint64_t rank =
        all ? i : std::uniform_int_distribution<std::uint64_t>(0, space.count() - 1)(random);
    const Structure structure = space.at(rank);
    Problem<T> problem = selective_problem<T>(words, structure);
    edges += static_cast<double>(problem.network.edges());
    const auto check = [&](Problem<T>& form, const char* name) {
      const Exactness result = is_exact(form, inference);
      if (!result.exact && fault.empty()) {
        fault = "structure " + std::to_string(rank) + ", " + structure_text(structure) + ", " +
                std::string(GraphblasType<T>::name) + " " + name + ": " + result.difference;
      }
    };
    check(problem, "layered");
    Problem<T> single = collapsed(problem);
    check(single, "collapsed");
    const Theory by_theory = theory(problem);
    if (!by_theory.exact() && fault.empty()) fault = by_theory.reason;
  }
  return edges / static_cast<double>(structures);
}

void plot(const std::string& path, const std::vector<Row>& rows) {
  figures::Gnuplot figure(path);
  std::string data;
  for (const Row& row : rows) {
    data += std::to_string(row.layers) + " " + std::to_string(row.count) + " " +
            std::to_string(row.up_to_symmetry) + " " +
            (row.edges ? std::to_string(*row.edges) : "NaN") + "\n";
  }
  figure.data("counts", data);
  figure.draw(
      "set logscale y\nset format y '10^%T'\nset xlabel 'layers'\nset xtics 1\nset key left top\n"
      "plot $counts using 1:2 with linespoints title 'structures', "
      "$counts using 1:3 with linespoints title 'up to symmetry'" +
      std::string(rows.front().edges ? ", $counts using 1:4 with linespoints title 'mean weights'"
                                     : "") +
      "\n");
}

int solve_structures(const StructuresOptions& options, const std::stop_token& stop) {
  if (options.rank) {
    const StructureSpace space(options.positions, options.layers);
    const std::string text = structure_text(space.at(*options.rank));
    print(options.json ? nlohmann::json{{"structure", text}}.dump(2) + "\n" : text + "\n");
    return exit_ok;
  }
  if (!options.plot.empty()) figures::Gnuplot{options.plot};  // before the work
  std::vector<std::string> words;
  if (!options.words.empty()) {
    words = read_words(options.words);
    if (letters_a_word(words, options.words) != options.positions) {
      throw Error(Fault::usage, "the words have " + std::to_string(word_length(words)) +
                                    " letters, not " + std::to_string(options.positions));
    }
  }
  const std::vector<std::string> precisions = precisions_of(options.precision);
  for (const std::string& precision : precisions) with_precision(precision, []<class T>() {});
  std::vector<Row> rows;
  std::string fault, left_out;
  for (std::size_t layers = 1; layers <= options.layers; ++layers) {
    std::optional<StructureSpace> made;
    try {
      made.emplace(options.positions, layers);
    } catch (const Error& error) {
      if (rows.empty() || error.fault() != Fault::bad_data) throw;
      left_out = "From " + std::to_string(layers) + " layers on the counts leave 64 bits\n";
      break;
    }
    const StructureSpace& space = *made;
    rows.push_back({layers, space.count(), space.count_up_to_symmetry(), std::nullopt});
    if (words.empty()) continue;
    for (const std::string& precision : precisions) {
      rows.back().edges = with_precision(precision, [&]<class T>() {
        return prove_sample<T>(space, words, options, stop, fault);
      });
    }
  }
  if (!options.plot.empty()) plot(options.plot, rows);

  nlohmann::ordered_json record{{"positions", options.positions}};
  std::string text = " layers              structures          up to symmetry   log10" +
                     std::string(words.empty() ? "" : "   mean weights") + "\n";
  for (const Row& row : rows) {
    char line[160];
    std::snprintf(line, sizeof line, "%7zu %23s %23s %7.2f", row.layers, grouped(row.count).c_str(),
                  grouped(row.up_to_symmetry).c_str(), std::log10(static_cast<double>(row.count)));
    text += line;
    if (row.edges) {
      std::snprintf(line, sizeof line, " %14.0f", *row.edges);
      text += line;
    }
    text += "\n";
    record["layers"].push_back(
        {{"layers", row.layers},
         {"structures", row.count},
         {"up_to_symmetry", row.up_to_symmetry},
         {"mean_weights", row.edges ? nlohmann::json(*row.edges) : nlohmann::json(nullptr)}});
  }
  text += left_out;
  if (!words.empty()) {
    text += fault.empty() ? "Every structure tried is EXACT, layered and collapsed\n"
                          : fault + "\nSolution NOT EXACT\n";
    record["exact"] = fault.empty();
    record["difference"] = fault;
  }
  print(options.json ? record.dump(2) + "\n" : text);
  return fault.empty() ? exit_ok : exit_mismatch;
}

}  // namespace

void add_solve_structures(CLI::App& solve, Action& action) {
  auto* app = solve.add_subcommand(
      "structures", "Count all structures over word positions; prove random ones on words");
  auto options = std::make_shared<StructuresOptions>();
  app->add_option("--positions", options->positions, "Letters a word")
      ->check(whole_number(1, StructureSpace::most_positions))
      ->capture_default_str();
  app->add_option("--layers", options->layers, "Count for 1 to this many layers")
      ->check(whole_number(1, 64))
      ->capture_default_str();
  app->add_option("--rank", options->rank, "Only print the structure of this number, from 0")
      ->check(whole_number(0, ~Index{0}));
  app->add_option("--words", options->words, "Words to prove structures on, one a line")
      ->check(some_path());
  app->add_option("--sample", options->sample, "Random structures a depth to prove; 0 proves all")
      ->check(whole_number(0, most_samples))
      ->capture_default_str();
  app->add_option("--seed", options->seed, "Seed of the random structures")
      ->check(whole_number(0, ~Index{0}))
      ->capture_default_str();
  app->add_option("--precision", options->precision,
                  "Value type: fp32, fp64, int32, int64, or all of them")
      ->capture_default_str();
  app->add_option("--plot", options->plot, "Draw the counts: .svg or .png, through gnuplot")
      ->check(some_path());
  add_threads_option(*app, *options);
  add_json_option(*app, *options);
  add_example(*app, "oscillon solve structures --layers 4 --words verify/words/four-letter.txt");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) { return solve_structures(*options, stop); };
  });
}

}  // namespace oscillon::cli
