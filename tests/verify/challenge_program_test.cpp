// `oscillon challenge` as its users meet it.
#include <doctest/doctest.h>

#include "oscillon/io/tsv.hpp"
#include "tests/verify/program.hpp"

using namespace oscillon;
using namespace oscillon::testing;

TEST_CASE("a Challenge run prints the official lines, writes survivors and checks them") {
  const SmallProblem problem;
  const std::string survivors = problem.folder().at("survivors.tsv");
  const Result first = run(problem.arguments() + "--categories-out " + survivors +
                           " --verify 20 --profile --threads 2");
  CHECK(first.code == 0);
  CHECK(has(first.output, "DNN neurons/layer: 1024, layers: 6, edges: 196608\n"));
  CHECK(has(first.output, "Run time (sec): "));
  CHECK(has(first.output, ", run rate (edges/sec): "));
  CHECK(has(first.output, "Plain loops agree bit for bit on "));
  CHECK(!has(first.output, "Challenge PASSED"));
  // The profile: a line a layer, live samples falling to the survivors.
  CHECK(has(first.output, "\n     1 "));
  CHECK(has(first.output, "\n     6 "));
  const auto alive = read_categories(survivors, 50);
  REQUIRE(alive.size() > 2);
  REQUIRE(alive.size() < 50);

  const Result passed = run(problem.arguments() + "--truth " + survivors);
  CHECK(passed.code == 0);
  CHECK(has(passed.output, "Challenge PASSED\n"));
  const Result json = run(problem.arguments() + "--json --truth " + survivors);
  CHECK(has(json.output, "\"passed\": true"));

  auto fewer = alive;
  fewer.erase(fewer.begin() + 1);
  write_categories(problem.folder().at("fewer.tsv"), fewer);
  const Result failed = run(problem.arguments() + "--truth " + problem.folder().at("fewer.tsv"));
  CHECK(failed.code == 1);
  CHECK(has(failed.output, "Challenge FAILED\n"));
  CHECK(has(failed.output, "the answer has sample " + std::to_string(alive[1] + 1) +
                               ", which the truth does not"));
}

TEST_CASE("bad Challenge files: the place, the exit code, and no output") {
  const SmallProblem problem;
  const std::string out = problem.folder().at("survivors.tsv");
  const std::string layer = problem.folder().at("neuron1024/n1024-l3.tsv");
  const std::string good = contents_of(layer);
  const auto broken = [&](const std::string& contents) {
    std::ofstream(layer, std::ios::binary) << contents;
    return run(problem.arguments() + "--categories-out " + out);
  };
  const std::vector<std::pair<std::string, std::string>> faults{
      {"0\t1\t1\n", ":1:1: error: the row index is 0; indices count from 1"},
      {"1\t1025\t1\n", ":1:3: error: the column index 1025 is beyond the last one, 1024"},
      {"1\t1\tnan\n", ":1:5: error: the value is NaN; only finite numbers are accepted"},
      {"1\t1\n", ":1:4: error: the line ends before the value"},
      {"1\t1\t1 x\n", ":1:6: error: bytes follow the value \"1\": \" x\""},
      {"1\t1\t1\n2\t2\t1\n1\t1\t1\n", ":3:1: error: the entry (1, 1) stands on line 1 already"},
  };
  for (const auto& [contents, message] : faults) {
    const Result result = broken(contents);
    CHECK(result.code == 65);
    CHECK(result.output == layer + message + "\n");
    CHECK(!std::filesystem::exists(out));
  }
  std::filesystem::remove(layer);
  CHECK(run(problem.arguments() + "--categories-out " + out).code == 66);
  CHECK(!std::filesystem::exists(out));
  std::ofstream(layer, std::ios::binary) << good;
  CHECK(run(problem.arguments() + "--categories-out /no/such/folder/x").code == 73);
  CHECK(run(problem.arguments() + "--neurons 1000").code == 2);
  CHECK(run(problem.arguments() + "--precision int32").code == 2);
  CHECK(run(problem.arguments() + "--samples 20").code == 65);
  for (const char* wrong : {"--samples -1", "--samples 18446744073709551615", "--tile -1",
                            "--depth 0", "--depth 06x", "--threads 4096", "--verify 1.5",
                            "--bias nan", "--bias 1e39", "--truth ''", "--categories-out ''"}) {
    CHECK(run(problem.arguments() + wrong).code == 2);
  }
  CHECK(run(problem.arguments() + "--categories-out " + problem.images()).code == 2);
  CHECK(broken("").output == layer + ": error: the file holds no entry\n");
  std::ofstream(layer, std::ios::binary) << good;
  CHECK(run(problem.arguments() + ">/dev/full").code == 74);
}

TEST_CASE("plans are timed side by side, recorded, compared and drawn" *
          doctest::test_suite("slow")) {
  const SmallProblem problem;
  const TemporaryFolder folder;
  const std::string source =
      " --images " + problem.images() + " --layers " + problem.folder().path() + " --depth 6 ";
  const std::string record = folder.at("record.json");
  const Result result = run("bench challenge" + source + "--repeats 2 --profile --record " +
                            record + " --csv " + folder.at("record.csv"));
  CHECK(result.code == 0);
  for (const char* plan :
       {"naive", "semiring", "dense-tiles", "fused-no-reduce", "fused", "prepared"}) {
    CHECK(has(result.output, std::string("\n") + plan + " "));
    CHECK(has(contents_of(folder.at("record.csv")), std::string(",") + plan + ","));
  }
  CHECK(has(result.output, "multiply-adds/s fused"));
  const Result counts =
      run("bench challenge" + source + "--repeats 1 --plans naive,fused --threads 2,1");
  for (const char* row : {"\nnaive                    1  ", "\nnaive                    2  ",
                          "\nfused                    1  ", "\nfused                    2  "}) {
    CHECK(has(counts.output, row));
  }
  const Result again =
      run("bench challenge" + source + "--repeats 1 --plans fused,prepared-no-reduce --compare " +
          record + " --precision fp32 --json");
  CHECK(again.code == 0);
  CHECK(has(again.output, "\"live_edges_per_second\""));
  CHECK(
      has(run("bench challenge" + source + "--repeats 1 --plans fused --compare " + record).output,
          "x saved"));
  CHECK(run("bench plot " + record + " -o " + folder.at("rates.svg")).code == 0);
  CHECK(has(contents_of(folder.at("rates.svg")), "<svg"));

  CHECK(run("bench challenge" + source + "--plans fast").code == 2);
  CHECK(run("bench challenge" + source + "--plans fused,fused").code == 2);
  CHECK(has(run("bench challenge --random-inputs 20 --depth 5 --compare " + record).output,
            "is of another problem"));
  const std::string layer = problem.folder().path() + "/neuron1024/n1024-l1.tsv";
  CHECK(has(run("bench challenge" + source + "--csv " + layer).output, "is the input"));
  CHECK(has(run("challenge run" + source + "--result-out " + layer).output, "is the input"));
  CHECK(has(run("bench challenge" + source + "--csv " + record + " --record " + record).output,
            "two outputs"));
  for (const auto& [from, to] : {std::pair("\"plan\": \"naive\"", "\"plan\": \"fused\""),
                                 std::pair("\"edges\": ", "\"edges\": 0, \"was\": ")}) {
    std::string text = contents_of(record);
    text.replace(text.find(from), std::string(from).size(), to);
    CHECK(
        run("bench plot " + folder.write("bad.json", text) + " -o " + folder.at("none.svg")).code ==
        65);
  }
  CHECK(run("bench plot " + problem.images() + " -o " + folder.at("none.svg")).code == 65);
  CHECK(!std::filesystem::exists(folder.at("none.svg")));
  CHECK(run("bench challenge" + source + "--record /nowhere/record.json").code == 73);
}

TEST_CASE("the limits of the machine, and small batches" * doctest::test_suite("slow")) {
  const Result limits = run("bench roofline --threads 1");
  CHECK(limits.code == 0);
  CHECK(has(limits.output, "1 thread: "));
  const SmallProblem problem;
  const std::string source =
      " --images " + problem.images() + " --layers " + problem.folder().path() + " --depth 6 ";
  const Result latency = run("bench latency" + source + "--batch 1,8 --calls 30");
  CHECK(latency.code == 0);
  CHECK(has(latency.output, "\n    8 "));
  CHECK(run("bench latency" + source + "--batch 1000").code == 2);
}

TEST_CASE("a problem is made, as text, compressed, as a bundle; run from each and from none" *
          doctest::test_suite("slow")) {
  const TemporaryFolder folder;
  const std::string shape = " --depth 7 --seed 5 --random-inputs 60 --share 0.3";
  const auto make = [&](const std::string& name, const std::string& more) {
    const Result made = run("challenge make -o " + folder.at(name) + shape + more);
    CHECK(made.code == 0);
    CHECK(has(made.output, "Wrote 7 layers of 1,024 neurons and 60 inputs with "));
  };
  make("plain", "");
  make("packed", " --format tsv.gz");
  make("bundle", " --format bundle");
  const auto result = [&](const std::string& arguments) {
    const std::string out = folder.at("result.tsv");
    CHECK(run("challenge run --depth 7 " + arguments + " --result-out " + out).code == 0);
    return contents_of(out);
  };
  const std::string made = result("--seed 5 --random-inputs 60 --share 0.3");
  CHECK(made.size() > 100);
  const std::string file = "/sparse-images-1024.tsv";
  CHECK(result("--layers " + folder.at("plain") + " --inputs " + folder.at("plain") + file) ==
        made);
  CHECK(result("--layers " + folder.at("packed") + " --inputs " + folder.at("packed") + file) ==
        made);
  CHECK(result("--layers " + folder.at("bundle/neuron1024-l7.safetensors") + " --inputs " +
               folder.at("bundle") + file) == made);
  CHECK(result("--permutations-from " + folder.at("plain") + " --seed 9 --inputs " +
               folder.at("plain") + file) == made);
  for (const char* format : {"mtx", "npz", "tsv.gz"}) {
    const std::string converted = folder.at(format);
    CHECK(run("convert " + folder.at("bundle/neuron1024-l7.safetensors") + " " + converted +
              " --challenge --format " + format)
              .code == 0);
    CHECK(result("--layers " + converted + " --inputs " + folder.at("plain") + file) == made);
    const std::string back = folder.at(std::string(format) + ".safetensors");
    CHECK(run("convert " + converted + " " + back + " --neurons 1024 --depth 7").code == 0);
    CHECK(result("--layers " + back + " --inputs " + folder.at("plain") + file) == made);
    std::ofstream(converted + "/neuron1024/n1024-l2." + format, std::ios::app) << "0";
    CHECK(run("challenge run --depth 7 --random-inputs 5 --layers " + converted).code == 65);
  }
  for (const char* plan : {"semiring", "dense-tiles", "fused --no-reduce", "automatic"}) {
    CHECK(result("--layers " + folder.at("plain") + " --inputs " + folder.at("plain") + file +
                 " --plan " + plan) == made);
  }
  // Making it again without compression leaves no stale file behind.
  make("packed", "");
  CHECK(!std::filesystem::exists(folder.at("packed/neuron1024/n1024-l1.tsv.gz")));
  CHECK(run("challenge make -o " + folder.at("x") + " --depth 2 --vary-biases").code == 2);
  CHECK(run("challenge run --random-inputs 3 --depth 2 --drop 0.1 --layers " + folder.at("plain"))
            .code == 2);
  CHECK(run("challenge make -o " + folder.at("x") + " --depth 2 --format zip").code == 2);
  CHECK(run("challenge make -o " + folder.at("x") + " --radices 2,2 --depth 2").code == 2);
}

TEST_CASE("variants of networks run by every plan alike" * doctest::test_suite("slow")) {
  const TemporaryFolder folder;
  for (const char* variant : {"--weights positive --vary-biases",
                              "--weights mixed --bias -0.01 --weight 0.3", "--drop 0.3 --bias -0.1",
                              "--unstructured", "--radices 4,4,3 --widths 8,12,4 --bias -0.05"}) {
    CAPTURE(variant);
    const auto result = [&](const std::string& plan) {
      const std::string out = folder.at("result.tsv");
      const Result got =
          run(std::string("challenge run --depth 7 --random-inputs 50 --share 0.3 ") + variant +
              " --verify 50 --result-out " + out + " --plan " + plan);
      CHECK(got.code == 0);
      CHECK(has(got.output, "Plain loops agree bit for bit on 50 samples"));
      return contents_of(out);
    };
    const std::string fused = result("fused");
    CHECK(!fused.empty());
    CHECK(result("semiring") == fused);
    CHECK(result("fused --no-reduce") == fused);
  }
}

TEST_CASE("results are checked by number and by values") {
  const SmallProblem problem;
  const std::string result = problem.folder().at("result.tsv");
  const std::string truth = problem.folder().at("truth.tsv");
  const std::string categories = problem.folder().at("categories.tsv");
  const Result recorded =
      run(problem.arguments() + "--result-out " + result + " --truth-out " + truth +
          " --categories-out " + categories + " --record " + problem.folder().at("record.json"));
  CHECK(recorded.code == 0);
  CHECK(has(recorded.output, "Plain loops agree bit for bit on 20 samples\n"));
  CHECK(has(recorded.output, "Plan semiring agrees bit for bit on the same samples\n"));
  CHECK(contents_of(result) == contents_of(truth));
  CHECK(has(contents_of(problem.folder().at("record.json")), "\"peak_memory_bytes\""));
  const Result same = run("challenge check " + result + " " + truth);
  CHECK(same.code == 0);
  CHECK(has(same.output, "compared by number and by values\nChallenge PASSED\n"));
  CHECK(has(run("challenge check " + categories + " " + truth).output, "by number alone\n"));

  // One digit of one digest.
  std::string lines = contents_of(result);
  const std::size_t digit = lines.find('\n') - 1;
  lines[digit] = lines[digit] == '0' ? '1' : '0';
  const std::string wrong = problem.folder().write("wrong.tsv", lines);
  const std::string sample = lines.substr(0, lines.find('\t'));
  const Result different = run("challenge check " + wrong + " " + truth);
  CHECK(different.code == 1);
  CHECK(has(different.output, "other values than in the truth has sample " + sample + "\n"));
  const Result against = run(problem.arguments() + "--truth " + wrong);
  CHECK(against.code == 1);
  CHECK(has(against.output, "Challenge FAILED"));

  const auto error = [&](const std::string& text) {
    const Result bad =
        run("challenge check " + problem.folder().write("bad.tsv", text) + " " + truth);
    CHECK(bad.code == 65);
    return bad.output.substr(bad.output.find("bad.tsv"));
  };
  const std::string digest(32, 'a');
  CHECK(error("1\t" + digest + "\n2\n") ==
        "bad.tsv:2:1: error: either every line has a digest or none has\n");
  CHECK(error("1\n2\t" + digest + "\n") ==
        "bad.tsv:2:1: error: either every line has a digest or none has\n");
  CHECK(error("1\tabc\n") == "bad.tsv:1: error: a digest has 32 hexadecimal digits\n");
  CHECK(error("2\n1\n") ==
        "bad.tsv:2:1: error: sample 1 follows sample 2; the numbers must ascend\n");
}

TEST_CASE("with a manifest, files that are cut, changed or swapped are found") {
  const TemporaryFolder folder;
  const std::string problem = folder.at("problem");
  CHECK(run("challenge make -o " + problem + " --depth 4 --random-inputs 30").code == 0);
  const std::string out = folder.at("out.tsv");
  const std::string run_it = "challenge run --depth 4 --layers " + problem + " --inputs " +
                             problem + "/sparse-images-1024.tsv --categories-out " + out;
  const auto layer = [&](int number) {
    return problem + "/neuron1024/n1024-l" + std::to_string(number) + ".tsv";
  };
  const auto refused = [&](const std::string& path, const std::string& message) {
    const Result result = run(run_it);
    CHECK(result.code == 65);
    CHECK(has(result.output, path + ": error: " + message));
    CHECK(!std::filesystem::exists(out));
  };
  const std::string good = contents_of(layer(3));
  std::string bytes = good;
  bytes[bytes.size() / 2] ^= 1;
  std::ofstream(layer(3), std::ios::binary) << bytes;
  refused(layer(3), "the file is not the one that its manifest tells: the checksum differs");
  std::ofstream(layer(3), std::ios::binary)
      << good.substr(0, good.rfind('\n', good.size() - 2) + 1);
  refused(layer(3), "the file has ");
  std::ofstream(layer(3), std::ios::binary) << good;
  std::filesystem::rename(layer(2), folder.at("second"));
  std::filesystem::rename(layer(3), layer(2));
  std::filesystem::rename(folder.at("second"), layer(3));
  refused(layer(2), "the file is not the one that its manifest tells: the checksum differs");
  std::filesystem::rename(layer(2), folder.at("third"));
  std::filesystem::rename(layer(3), layer(2));
  std::filesystem::rename(folder.at("third"), layer(3));
  const std::string inputs = problem + "/sparse-images-1024.tsv";
  const std::string lines = contents_of(inputs);
  std::ofstream(inputs, std::ios::binary) << lines << "30\t1024\t1\n";
  refused(inputs, "the file has ");
  std::ofstream(inputs, std::ios::binary) << lines;
  std::ofstream(problem + "/manifest.json", std::ios::binary) << "{}";
  CHECK(run(run_it).code == 65);
  std::filesystem::remove(problem + "/manifest.json");
  CHECK(run(run_it).code == 0);
}

TEST_CASE("killed at any moment and resumed: the same result; asked to stop: exit 75" *
          doctest::test_suite("slow")) {
  const TemporaryFolder folder;
  // Sorted products of a network that keeps half of its samples alive take a while.
  const std::string arguments =
      "challenge run --depth 120 --random-inputs 120 --share 0.3 --plan semiring --threads 1 ";
  CHECK(run(arguments + "--result-out " + folder.at("whole.tsv")).code == 0);
  const std::string whole = contents_of(folder.at("whole.tsv"));
  CHECK(whole.size() > 1000);
  int killed = 0;
  for (const char* after : {"0.05", "0.2", "0.3"}) {
    const std::string checkpoints = folder.at(std::string("checkpoints-") + after);
    const std::string with = arguments + "--every 0 --checkpoint " + checkpoints +
                             " --resume --result-out " + folder.at("resumed.tsv");
    killed += run(with, std::string("timeout -s KILL ") + after + " ").code != 0;
    CHECK(run(with).code == 0);
    CHECK(contents_of(folder.at("resumed.tsv")) == whole);
    std::filesystem::remove(folder.at("resumed.tsv"));
  }
  CHECK(killed > 0);
  // The signal comes with the first checkpoint: inference has begun then, and most of it is ahead.
  const std::string stopped_at = folder.at("stopped");
  const std::string with = arguments + "--every 0 --checkpoint " + stopped_at +
                           " --resume --result-out " + folder.at("resumed.tsv");
  const Result stopped =
      run(with, "sh -c '\"$0\" \"$@\" & until [ -e " + stopped_at +
                    "/checkpoint-0 ] || ! kill -0 $! 2>&-; do sleep 0.01; done; kill -TERM $!; "
                    "wait $!' ");
  CHECK(stopped.code == 75);
  CHECK(has(stopped.output, "inference was stopped"));
  CHECK(!std::filesystem::exists(folder.at("resumed.tsv")));
  CHECK(run(with).code == 0);
  CHECK(contents_of(folder.at("resumed.tsv")) == whole);
}

TEST_CASE("what cannot fit in memory is refused at once") {
  const Result result =
      run("challenge run --neurons 65536 --depth 1920 --random-inputs 10 "
          "--memory-limit 20MiB");
  CHECK(result.code == 71);
  CHECK(has(result.output, "needs more memory than the limit of 20 MiB: samples 1 MiB + layers "));
}
