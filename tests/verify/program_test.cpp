// The program as its users meet it: output, exit codes, and what is left on disk.
#include <doctest/doctest.h>

#include <filesystem>

#include "tests/verify/program.hpp"

using namespace oscillon;
using namespace oscillon::testing;

TEST_CASE("help and usage") {
  CHECK(run("--help").code == 0);
  CHECK(has(run("--version").output, "oscillon 0.1.0, SuiteSparse:GraphBLAS "));
  CHECK(run("").code == 2);
  CHECK(run("no-such-thing").code == 2);
  for (const char* command :
       {"solve words", "infer", "challenge run", "challenge make", "challenge check",
        "bench challenge", "bench latency", "bench roofline", "bench plot", "show", "perturb sweep",
        "perturb threshold", "perturb support", "bench perturb", "vectors make", "vectors check",
        "vectors list", "convert"}) {
    const Result help = run(std::string(command) + " --help");
    CHECK(help.code == 0);
    CHECK(has(help.output, std::string("oscillon ") + command));
  }
  const Result unknown = run("solv words x");
  CHECK(unknown.code == 2);
  CHECK(has(unknown.output, "Unknown here: solv\n"));
  CHECK(run("--help > /dev/full").code == 74);
  CHECK(run("show x.tsv --threads 2").code == 2);
  CHECK(run("infer x --input y --precision fp16").code == 2);
}

TEST_CASE("words are solved, written, inferred and shown") {
  const TemporaryFolder folder;
  const std::string words = folder.write("words.txt", "the\nthy\nshe\n");
  const Result solved =
      run("solve words " + words + " --layers 2 --precision all --output " + folder.at("net"));
  CHECK(solved.code == 0);
  CHECK(has(solved.output, "3 categories, 5 features, 2 layers, 14 edges"));
  CHECK(has(solved.output, "int64  collapsed  Y_L = I"));
  CHECK(has(solved.output, "Solution EXACT"));
  for (const char* collapse : {"", " --collapse"}) {
    const Result inferred = run("infer " + folder.at("net") + " --input " +
                                folder.at("net/inputs.tsv") + " --precision int32" + collapse);
    CHECK(inferred.code == 0);
    CHECK(inferred.output == contents_of(folder.at("net/expected.tsv")));
  }
  const Result shown = run("show " + folder.at("net/layer-0-weights.tsv") + " --row-prefix 1t");
  CHECK(shown.code == 0);
  CHECK(has(shown.output, "1t2h"));
  CHECK(!has(shown.output, "1s2h"));
  const Result json = run("solve words " + words + " --json");
  CHECK(has(json.output, "\"exact\": true"));
}

TEST_CASE("combinations and images are solved and written") {
  const TemporaryFolder folder;
  const Result combined = run("solve combine --tree '((1,2),(3,4))' --letters 2 --precision all");
  CHECK(combined.code == 0);
  CHECK(has(combined.output, "16 categories, 8 features, 2 layers, 48 edges"));
  CHECK(has(combined.output, "exact for 2/3 < beta <= 1"));
  CHECK(has(combined.output, "int64  collapsed  Y_L = I"));
  const Result weak = run("solve combine --sets 4 --letters 2 --layers 2 --beta 0.5,0.5");
  CHECK(weak.code == 1);
  CHECK(has(weak.output, "Solution NOT EXACT"));
  CHECK(run("solve combine --sets 4 --tree '(1,2)'").code == 2);
  const std::string features = folder.write("features.tsv", "red\tblue\nbig\tsmall\ttiny\n");
  const Result labelled = run("solve combine --separator ' ' --features " + features +
                              " --output " + folder.at("labelled"));
  CHECK(labelled.code == 0);
  CHECK(has(labelled.output, "6 categories, 5 features, 1 layer, 12 edges"));
  CHECK(has(contents_of(folder.at("labelled/layer-0-weights.tsv")), "red tiny\ttiny\t1\n"));
  CHECK(run("solve combine --tree '(1,3)'").code == 2);

  // Three images of 3 x 3, of which one pixel each remains; the third is within the first.
  std::string images("\0\0\10\3\0\0\0\3\0\0\0\4\0\0\0\4", 16);
  const auto image = [&](std::initializer_list<int> lit) {
    std::string pixels(16, '\0');
    for (const int pixel : lit) pixels[static_cast<std::size_t>(pixel)] = '\377';
    images += pixels;
  };
  image({5, 6});
  image({9, 10});
  image({6});
  const std::string file = folder.write("images.idx", images);
  const Result dominated = run("solve images " + file + " --pairs " + folder.at("pairs.tsv"));
  CHECK(dominated.code == 1);
  CHECK(has(dominated.output, "3 images: 0 equal to one before, 1 pairs"));
  CHECK(has(dominated.output, "theory: the features of \"3\" are all among those of \"1\""));
  CHECK(contents_of(folder.at("pairs.tsv")) == "3\t1\n");
  const Result reduced = run("solve images " + file + " --drop --blocks 1x2 --output " +
                             folder.at("net") + " --precision all");
  CHECK(reduced.code == 0);
  CHECK(has(reduced.output, "2 categories, 4 features, 2 layers"));
  CHECK(run("infer " + folder.at("net") + " --input " + folder.at("net/inputs.tsv")).output ==
        contents_of(folder.at("net/expected.tsv")));
}

TEST_CASE("records, words by length, structures and figures" * doctest::test_suite("slow")) {
  const TemporaryFolder folder;
  const std::string table = folder.write("table.tsv", "colour\tsize\nred\tbig\nred\tsmall\n");
  const Result records = run("solve words " + table + " --records --output " + folder.at("net"));
  CHECK(records.code == 0);
  CHECK(has(records.output, "2 categories, 3 features, 1 layer, 4 edges"));
  CHECK(has(contents_of(folder.at("net/layer-0-weights.tsv")), "red|big\tcolour=red\t1\n"));
  folder.write("bad.tsv", "colour\tsize\nred\tbig\nred\n");
  CHECK(run("solve words " + folder.at("bad.tsv") + " --records").output ==
        folder.at("bad.tsv") + ":3:1: error: there are 1 fields, not 2\n");
  const Result mixed = run("solve words " + folder.write("w", "ab\nabc\ncd\n") + " --by-length");
  CHECK(mixed.code == 0);
  CHECK(has(mixed.output, "Words of 2 letters: 2 categories"));
  CHECK(has(mixed.output, "Words of 3 letters: 1 categories"));
  CHECK(run("solve words " + folder.write("w", "ab\nabc\nab\n") + " --by-length").output ==
        folder.at("w") + ":3:1: error: the word \"ab\" stands on line 1 already\n");

  const Result counted = run("solve structures --layers 3");
  CHECK(counted.code == 0);
  CHECK(has(counted.output, "32,297"));
  CHECK(has(counted.output, "141,601,591"));
  CHECK(run("solve structures --positions 3 --layers 2 --rank 5").code == 0);
  CHECK(run("solve structures --positions 3 --layers 2 --rank 109").code == 2);
  CHECK(run("solve structures --positions 2 --layers 2 --precision foo").code == 2);
  const Result many = run("solve structures --layers 20");
  CHECK(many.code == 0);
  CHECK(has(many.output, "layers on the counts leave 64 bits\n"));
  const Result proved = run("solve structures --positions 2 --layers 2 --sample 0 --words " +
                            folder.write("two", "ab\nac\nbc\n") + " --precision all --plot " +
                            folder.at("counts.svg"));
  CHECK(proved.code == 0);
  CHECK(has(proved.output, "Every structure tried is EXACT, layered and collapsed"));
  CHECK(has(contents_of(folder.at("counts.svg")), "<svg"));

  const std::string weights = folder.at("net/layer-0-weights.tsv");
  CHECK(run("show --spy " + weights).output ==
        "+---+\n|## |\n|# #|\n+---+\n2 rows x 3 columns, 4 entries\n");
  CHECK(run("show " + weights + " --plot " + folder.at("spy.svg")).code == 0);
  CHECK(has(contents_of(folder.at("spy.svg")), "colour=red"));
  // Keys are text, whatever they hold: gnuplot must neither run nor format them.
  const std::string keys =
      folder.write("keys.tsv", "`touch " + folder.at("harm") + "`\t100%g 'q' \"q\"\t1\n");
  CHECK(run("show " + keys + " --plot " + folder.at("keys.svg")).code == 0);
  CHECK(!std::filesystem::exists(folder.at("harm")));
  CHECK(has(contents_of(folder.at("keys.svg")), "100%g"));
  CHECK(run("show " + weights + " --plot " + folder.at("spy.gif")).code == 2);
  CHECK(run("show " + weights + " --plot " + folder.at("none/spy.svg")).code == 73);
}

TEST_CASE("perturbations: thresholds, sweeps, supports") {
  const TemporaryFolder folder;
  const std::string words = folder.write("words.txt", "cat\ncar\nbat\n");
  const std::string two = words + " --structure 12,23 --beta 0.8,1";
  CHECK(run("perturb threshold " + two + " --category cat").output ==
        "category\tfeature\tp\tn_1\tn_2\tr_d\tthreshold\ncat\t1c\t1\t2\t1\t0.4\t0.4\n"
        "cat\t2a\t2\t2\t1\t0.7\t0.7\ncat\t3t\t1\t2\t1\t0.4\t0.4\n");
  const Result low =
      run("perturb threshold " + words + " --layers 2 --beta 1/4 --feature 1c --json");
  CHECK(has(low.output, "\"r_d\": \"2.25\""));
  const Result swept = run("perturb sweep " + two + " --plot " + folder.at("f.svg") + " --curve " +
                           folder.at("curve.tsv") + " --cases " + folder.at("cases.tsv"));
  CHECK(swept.code == 0);
  CHECK(has(swept.output, "9 perturbations of 1 correct feature x 41 values of r: 369 samples"));
  CHECK(has(swept.output, "   0.45   0.6667   0.0000\n"));
  CHECK(has(swept.output, "Inference and theory AGREE at every point"));
  CHECK(has(contents_of(folder.at("curve.tsv")), "\n0.75\tdegradation\t1\t0\t1\t0\n"));
  CHECK(has(contents_of(folder.at("cases.tsv")), "cat\t2a\t2\t0.7\t0.7\t0.75\t-\n"));
  CHECK(has(contents_of(folder.at("f.svg")), "excitement"));
  CHECK(has(run("perturb sweep " + words + " --wrong --r 1 --json").output, "\"P_fa\": 0."));
  CHECK(run("solve words " + words + " --layers 2 --output " + folder.at("net")).code == 0);
  CHECK(run("perturb sweep " + folder.at("net") + " --together 2 --precision fp64").code == 0);
  CHECK(run("perturb sweep " + folder.at("net") + " --layers 2").code == 2);
  CHECK(run("perturb sweep " + words + " --beta 0").code == 2);
  CHECK(run("perturb sweep " + words + " --r 0:2").code == 2);
  const Result support = run("perturb support " + words + " --structure 12,23 --structure '' " +
                             "--category cat --feature 1c --plot " + folder.at("s.svg"));
  CHECK(support.output ==
        "cat, 1c by 12,23\nlayer 0, 4 weights\n  1c2a <- 1c* 2a\n  2a3t <- 2a 3t\nlayer 1, 2 "
        "weights\n  cat <- 1c2a* 2a3t\ncat, 1c\nlayer 0, 3 weights\n  cat <- 1c* 2a 3t\n");
  CHECK(has(contents_of(folder.at("s.svg")), "1c2a"));
  CHECK(run("perturb support " + words + " --category dog").code == 65);
  CHECK(run("bench perturb --words 20 --letters 4 --repeats 1").code == 0);
}

TEST_CASE("networks and matrices are converted, and run from a bundle" *
          doctest::test_suite("slow")) {
  const TemporaryFolder folder;
  const std::string words = folder.write("words.txt", "cat\ncar\nbat\n");
  const std::string net = folder.at("net"), bundle = folder.at("net.safetensors");
  REQUIRE(run("solve words " + words + " --layers 2 --output " + net).code == 0);
  CHECK(run("convert " + net + " " + bundle + " --store int8").code == 0);
  CHECK(run("convert " + bundle + " " + folder.at("again")).code == 0);
  for (const char* file : {"neurons.tsv", "layer-0-weights.tsv", "layer-1-bias.tsv"}) {
    CHECK(contents_of(folder.at("again/") + file) == contents_of(net + "/" + file));
  }
  for (const std::string& network : {bundle, folder.at("again")}) {
    CHECK(run("infer " + network + " --input " + net + "/inputs.tsv").output ==
          contents_of(net + "/expected.tsv"));
  }
  CHECK(run("convert " + net + " " + net).code == 2);
  CHECK(run("convert " + net + " x --store fp16").code == 2);
  CHECK(run("convert " + folder.at("none") + " x.safetensors").code == 66);
  CHECK(run("convert " + net + " " + folder.at("c") + " --challenge").code == 2);

  const SmallProblem problem;
  const std::string layers = folder.at("layers.safetensors");
  CHECK(
      run("convert " + problem.folder().path() + " " + layers + " --neurons 1024 --depth 6").code ==
      0);
  const std::string from_bundle =
      "challenge run --images " + problem.images() + " --layers " + layers + " --categories-out ";
  CHECK(run(from_bundle + folder.at("a.tsv") + " --depth 6 --verify 20").code == 0);
  CHECK(run(problem.arguments() + "--categories-out " + folder.at("b.tsv")).code == 0);
  CHECK(contents_of(folder.at("a.tsv")) == contents_of(folder.at("b.tsv")));
  CHECK(!contents_of(folder.at("a.tsv")).empty());
  CHECK(run(from_bundle + folder.at("c.tsv") + " --depth 5").code == 65);
  CHECK(run("convert " + layers + " " + folder.at("back") + " --challenge").code == 0);
  CHECK(contents_of(folder.at("back/neuron1024/n1024-l6.tsv")) ==
        contents_of(problem.folder().at("neuron1024/n1024-l6.tsv")));

  const std::string mtx = folder.write(
      "m.mtx", "%%MatrixMarket matrix coordinate real general\n2 3 2\n1 2 0.5\n2 3 4\n");
  CHECK(run("convert " + mtx + " " + folder.at("m.npz") + " --store fp16").code == 0);
  CHECK(run("convert " + folder.at("m.npz") + " " + folder.at("m.tsv")).output ==
        "2 rows x 3 columns, 2 entries\n");
  CHECK(contents_of(folder.at("m.tsv")) == "1\t2\t0.5\n2\t3\t4\n");
  CHECK(run("convert " + mtx + " " + folder.at("m.csv")).code == 2);
}

TEST_CASE("a network's bias rule is obeyed and kept, whatever file it is in") {
  const TemporaryFolder folder;
  REQUIRE(run("vectors make --case positive-bias-live-samples --precision fp32 --format bundle "
              "--output " +
              folder.at("vectors"))
              .code == 0);
  const std::string bundle =
      folder.at("vectors/positive-bias-live-samples/fp32/bundle/network.safetensors");
  CHECK(run("convert " + bundle + " " + folder.at("net")).code == 0);
  CHECK(run("convert " + folder.at("net") + " " + folder.at("again.safetensors")).code == 0);
  const std::string inputs = folder.write("inputs.tsv", "1\t1\t1\n2\t2\t2\n3\t3\t4\n");
  // Under the rule `stored` there would be two entries.
  for (const std::string& network : {bundle, folder.at("net"), folder.at("again.safetensors")}) {
    CHECK(run("infer " + network + " --input " + inputs).output ==
          "1\t2\t1\n1\t3\t3\n2\t1\t3\n2\t2\t5\n2\t3\t3\n");
    const Result collapsed = run("infer " + network + " --collapse --input " + inputs);
    CHECK(collapsed.code == 65);
    CHECK(has(collapsed.output,
              "the layers have the bias rule live-samples, by which layer 0 would"));
  }
}

TEST_CASE("what the Challenge's files cannot tell is refused before anything is touched") {
  const TemporaryFolder folder;
  REQUIRE(run("challenge make -o " + folder.at("made") +
              " --depth 2 --vary-biases --format bundle --random-inputs 3")
              .code == 0);
  const Result refused = run("convert " + folder.at("made/neuron1024-l2.safetensors") + " " +
                             folder.at("files") + " --challenge");
  CHECK(refused.code == 2);
  CHECK(has(refused.output, "layer 0 has biases that differ"));
  CHECK(!std::filesystem::exists(folder.at("files")));
}

TEST_CASE("test vectors are made, listed and judged" * doctest::test_suite("slow")) {
  const TemporaryFolder folder;
  CHECK(
      has(run("vectors list").output, "cap-each-layer (level 2, exact; fp64 fp32 fp16 bf16 int8 "));
  const std::string vectors = folder.at("vectors");
  const Result made =
      run("vectors make --precision fp32,int8 --case cap,lopsided --output " + vectors);
  CHECK(made.code == 0);
  CHECK(has(made.output, "4 vectors of 2 cases in "));
  CHECK(run("vectors make --output " + vectors).code == 73);
  CHECK(run("vectors make --precision fp8 --output " + folder.at("x")).code == 2);
  const std::string copy = " --engine 'cp $(dirname {weights})/expected.tsv {output}'";
  const Result passed = run("vectors check " + vectors + copy);
  CHECK(passed.code == 0);
  CHECK(passed.output == "4 vectors: 4 pass\nEngine PASSED\n");
  const Result failed = run("vectors check " + vectors + " --case 'l*' --junit " +
                            folder.at("junit.xml") + " --engine 'exit 9; {weights} {output}'");
  CHECK(failed.code == 1);
  CHECK(has(failed.output, "lopsided fp32: crashed\n  exit code 9\n"));
  CHECK(has(contents_of(folder.at("junit.xml")), "tests=\"2\" failures=\"2\""));
  CHECK(has(run("vectors check " + vectors + copy + " --json").output, "\"failed\": 0"));
  CHECK(run("vectors check " + vectors).code == 2);
  CHECK(run("vectors check " + folder.at("none") + copy).code == 66);
  folder.write("vectors/cap/fp32/expected.tsv", "1\t1\t8\n");
  CHECK(run("vectors check " + vectors + copy).code == 65);
}

TEST_CASE("word lists and networks that are none") {
  const TemporaryFolder folder;
  const Result mixed = run("solve words " + folder.write("w", "ab\nabc\n"));
  CHECK(mixed.code == 65);
  CHECK(mixed.output == folder.at("w") +
                            ":2:1: error: the words must have one length: \"ab\" has 2 letters and "
                            "\"abc\" has 3\n");
  const Result empty = run("solve words " + folder.write("w", "ab\n\ncd\n"));
  CHECK(empty.code == 65);
  CHECK(has(empty.output, "w:2:1: error: the line is empty"));
  CHECK(run("solve words " + folder.at("none")).code == 66);
  CHECK(run("infer " + folder.at("none") + " --input x").code == 66);
  CHECK(run("solve words " + folder.write("w", "ab\n") + " --output /dev/null/x").code == 73);
}

TEST_CASE("a collapsed network runs under the rule that it has the meaning of") {
  const TemporaryFolder folder;
  const std::string words = folder.write("words.txt", "ad\nbe\n");
  CHECK(run("solve words " + words + " --precision int64 --output " + folder.at("net")).code == 0);
  const std::string infer = "infer " + folder.at("net") + " --input " + folder.at("net/inputs.tsv");
  CHECK(run(infer + " --collapse").code == 0);
  CHECK(run(infer + " --bias-on live-samples").code == 2);  // the network says it
  // The network's own type is taken: fp32 would make 16777216 of it.
  const std::string large = folder.write("large.tsv", "1a\tad\t16777217\n2d\tad\t1\n");
  CHECK(run("infer " + folder.at("net") + " --input " + large).output == "ad\tad\t16777217\n");
  // Profiles do not mix with triples; JSON needs a place for them.
  const std::string printed = folder.at("printed.tsv");
  CHECK(run(infer + " --profile > " + printed + " 2> /dev/null #").code == 0);  // not 2>&1
  CHECK(contents_of(printed) == contents_of(folder.at("net/expected.tsv")));
  CHECK(run(infer + " --json").code == 2);
  CHECK(run(infer + " --output " + folder.at("net/inputs.tsv")).code == 2);
  CHECK(run(infer + " --output " + folder.at("x.tsv.gz")).code == 0);
  CHECK(contents_of(folder.at("x.tsv.gz")).starts_with("\x1f\x8b"));
}

TEST_CASE("arrays and combinations are timed") {
  const Result arrays = run("bench arrays --scale 8 --repeats 1");
  CHECK(arrays.code == 0);
  CHECK(has(arrays.output, "2,048 triples with 256 keys"));
  CHECK(has(arrays.output, "\nmultiply "));
  const Result combine = run("bench combine --letters 5 --most 4 --repeats 1");
  CHECK(combine.code == 0);
  CHECK(has(combine.output, "    4            625 "));
}

TEST_CASE("two thousand real images are told apart" * doctest::test_suite("slow")) {
  const std::string folder = "/usr/share/datasets/fashion-mnist/t10k-";
  if (!std::filesystem::exists(folder + "images-idx3-ubyte.gz")) {
    MESSAGE("there are no images of Fashion-MNIST: nothing is read");
    return;
  }
  const std::string solve = "solve images " + folder + "images-idx3-ubyte.gz --labels " + folder +
                            "labels-idx1-ubyte.gz --count 2000 ";
  const Result all = run(solve);
  CHECK(all.code == 1);
  CHECK(
      has(all.output, "47,580 pairs of which one's pixels are all lit in the other, 498 images "));
  const Result kept = run(solve + "--drop --blocks 2x2,6x6");
  CHECK(kept.code == 0);
  CHECK(has(kept.output, "498 categories, 674 features, 3 layers"));
}
