// `oscillon vectors`: makes test vectors for other engines, and judges what they answer.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "engine/io/atomic_file.hpp"
#include "verify/cli/command.hpp"
#include "verify/conformance/judge.hpp"

namespace oscillon::cli {

namespace {

using namespace conformance;

struct VectorsChoice {
  std::vector<std::string> precisions, cases;

  std::vector<ValueType> types() const {
    std::vector<ValueType> types;
    for (const std::string& name : precisions) types.push_back(value_type_from_name(name));
    return types;
  }
};

struct MakeOptions : CommonOptions, VectorsChoice {
  std::string output;
  std::vector<std::string> formats;
};

struct CheckOptions : CommonOptions, VectorsChoice {
  std::string vectors, engine, results, junit, format = "tsv";
  double timeout = 60;
};

int make_vectors(const MakeOptions& options, const std::stop_token& stop) {
  VectorsOptions vectors;
  vectors.precisions = options.types();
  vectors.cases = options.cases;
  vectors.stop = stop;
  for (const std::string& name : options.formats) {
    vectors.formats.push_back(file_format_from_name(name));
  }
  const VectorsMade made = write_vectors(options.output, vectors);
  const nlohmann::ordered_json record{{"folder", options.output},
                                      {"cases", made.cases},
                                      {"vectors", made.vectors},
                                      {"files", made.files}};
  print(options.json ? record.dump(2) + "\n"
                     : grouped(made.vectors) + " vectors of " + grouped(made.cases) + " cases in " +
                           grouped(made.files) + " files; " + options.output +
                           "/README.txt tells how to use them\n");
  return exit_ok;
}

int list_vectors(const CommonOptions& options) {
  nlohmann::ordered_json record;
  std::string text;
  for (const TestVector& vector : test_vectors()) {
    std::string precisions;
    for (const ValueTypeRow& row : value_types) {
      const ValueType type = row.type;
      if (type == ValueType::int64 || !prepare(vector, type)) continue;
      precisions += (precisions.empty() ? "" : " ") + std::string(name_of(type));
    }
    record.push_back({{"name", vector.name},
                      {"level", vector.level},
                      {"about", vector.about},
                      {"exact", vector.exact},
                      {"precisions", precisions}});
    text += vector.name + " (level " + std::to_string(vector.level) +
            (vector.exact ? ", exact" : ", bounded") + "; " + precisions + ")\n  " + vector.about +
            "\n";
  }
  print(options.json ? record.dump(2) + "\n" : text);
  return exit_ok;
}

nlohmann::ordered_json record_of(const Report& report) {
  nlohmann::ordered_json record{{"vectors", report.judgements.size()}, {"failed", report.failed()}};
  record["suspects"] = nlohmann::ordered_json::array();
  for (const Suspect& suspect : report.suspects) {
    record["suspects"].push_back({{"name", suspect.name},
                                  {"says", suspect.says},
                                  {"explains", suspect.explains},
                                  {"failing", suspect.failing}});
  }
  for (const Judgement& judgement : report.judgements) {
    record["judgements"].push_back({{"name", judgement.vector.name},
                                    {"precision", name_of(judgement.vector.precision)},
                                    {"verdict", name_of(judgement.verdict)},
                                    {"detail", judgement.detail},
                                    {"seconds", judgement.seconds}});
  }
  return record;
}

int check_vectors(const CheckOptions& options, const std::stop_token& stop) {
  if (options.engine.empty() == options.results.empty()) {
    throw Error(Fault::usage, "give either --engine, a command to run, or --results, a folder");
  }
  if (!options.junit.empty()) require_creatable(options.junit);
  JudgeOptions judge;
  judge.precisions = options.types();
  judge.cases = options.cases;
  judge.format = file_format_from_name(options.format);
  judge.timeout = std::chrono::milliseconds(static_cast<long>(options.timeout * 1000));
  judge.engines = std::max(options.threads, 1);
  judge.stop = stop;
  ProgressBar bar;
  const auto start = std::chrono::steady_clock::now();
  judge.on_progress = [&](std::size_t done, std::size_t all) {
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - start;
    bar.show(done, all, "vector", "", since.count());
  };
  const Report report = options.engine.empty()
                            ? judge_results(options.vectors, options.results, judge)
                            : judge_engine(options.vectors, options.engine, judge);
  if (!options.junit.empty()) write_file(options.junit, junit_xml(report));
  print(options.json ? record_of(report).dump(2) + "\n" : report_text(report));
  return report.failed() == 0 ? exit_ok : exit_mismatch;
}

std::string names_of_formats() {
  std::string names;
  for (const FileFormat& format : file_formats()) {
    names += (names.empty() ? "" : ", ") + std::string(format.name);
  }
  return names;
}

void add_choice(CLI::App& app, VectorsChoice& choice, const std::string& cases_help) {
  app.add_option("--precision", choice.precisions,
                 "Only these, as fp32,int8: fp64, fp32, fp16, bf16, int8, int16, int32")
      ->delimiter(',');
  app.add_option("--case", choice.cases, cases_help)->delimiter(',');
}

void add_make(CLI::App& vectors, Action& action) {
  auto* app = vectors.add_subcommand("make", "Make a folder of test vectors for any engine");
  auto options = std::make_shared<MakeOptions>();
  app->add_option("-o,--output", options->output, "Folder to make")->check(some_path())->required();
  add_choice(*app, *options, "Only these cases, as cap,deep");
  app->add_option("--format", options->formats,
                  "Formats, as tsv,npz: " + names_of_formats() + "; default: all")
      ->delimiter(',');
  add_json_option(*app, *options);
  add_example(*app, "oscillon vectors make --output vectors --precision fp32,fp64");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) { return make_vectors(*options, stop); };
  });
}

void add_check(CLI::App& vectors, Action& action) {
  auto* app = vectors.add_subcommand("check", "Judge an engine by test vectors");
  auto options = std::make_shared<CheckOptions>();
  app->add_option("VECTORS", options->vectors, "Folder that `vectors make` has made")
      ->check(some_path())
      ->required();
  app->add_option("--engine", options->engine,
                  "Command to run for each vector; {weights} is the folder of its network, {input} "
                  "and {output} are files, {network} is network.txt; also {precision}, {format}");
  app->add_option("--results", options->results,
                  "Folder of results instead: CASE/PRECISION/output as " + matrix_format_names("."))
      ->check(some_path());
  app->add_option("--format", options->format, "Format of the files that the engine is given")
      ->capture_default_str();
  add_choice(*app, *options, "Only these cases; * stands for any letters, as bias*,cap");
  app->add_option("--timeout", options->timeout, "Seconds that a run may take")
      ->check(CLI::Range(0.01, 1e6))
      ->capture_default_str();
  app->add_option("--junit", options->junit, "File to write a JUnit XML report to")
      ->check(some_path());
  app->add_option("--threads", options->threads, "Engines that run at once; 0 runs one")
      ->check(whole_number(0, 1024))
      ->capture_default_str();
  add_json_option(*app, *options);
  add_example(*app,
              "oscillon vectors check vectors --engine \"python3 engine.py {weights} {input} "
              "{output}\"");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) { return check_vectors(*options, stop); };
  });
}

}  // namespace

void add_vectors(CLI::App& program, Action& action) {
  auto* vectors =
      program.add_subcommand("vectors", "Test vectors for other engines, and a judge of them");
  vectors->require_subcommand(1);
  add_check(*vectors, action);
  auto* list = vectors->add_subcommand("list", "Tell what each test vector is about");
  auto options = std::make_shared<CommonOptions>();
  add_json_option(*list, *options);
  add_example(*list, "oscillon vectors list");
  list->callback([options, &action] {
    action = [options](const std::stop_token&) { return list_vectors(*options); };
  });
  add_make(*vectors, action);
}

}  // namespace oscillon::cli
