// Network bundles: what goes in comes out, in every type; every damaged bit is found.
#include "oscillon/io/bundle.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <random>

#include "engine/io/array_file.hpp"
#include "tests/error_of.hpp"
#include "tests/temporary_folder.hpp"

using namespace oscillon;
using namespace oscillon::testing;

namespace {

template <class T>
std::shared_ptr<const Layer<T>> layer(Index outputs, Index inputs, const Triples<T>& weights,
                                      std::vector<T> bias, std::optional<T> cap) {
  return std::make_shared<const Layer<T>>(Matrix<T>::build(outputs, inputs, weights),
                                          std::move(bias), cap);
}

// Rows that are empty, full and uneven, then a layer of one weight and one bias, then none at all.
template <class T>
Network<T> small_network(std::optional<T> cap = T(32)) {
  Triples<T> uneven;
  std::mt19937_64 random(2);
  for (Index i = 0; i < 4; ++i) {
    for (Index k = 0; k < 5; ++k) {
      if (k != 1 && (k == 3 || random() % 2 == 0))
        uneven.add(i, k, static_cast<T>(random() % 9) - T(4));
    }
  }
  return Network<T>(
      {layer<T>(4, 5, uneven, {T(1), T(-2), T(0), T(3)}, cap),
       layer<T>(2, 4, {{0, 1, 0, 1}, {0, 1, 2, 3}, {T(2), T(2), T(2), T(2)}}, {T(-1), T(-1)}, cap),
       layer<T>(3, 2, {}, {T(0), T(0), T(0)}, cap)},
      {KeySet{"a", "b", "c", "d", "é"}, KeySet{"", "h1", "h2", "h3"}, KeySet{"x", "y"},
       KeySet{"cat", "dog", "owl"}});
}

template <class T>
std::vector<KeySet> keys_of(const Network<T>& network) {
  std::vector<KeySet> keys;
  for (std::size_t r = 0; r <= network.depth(); ++r) keys.push_back(network.keys(r));
  return keys;
}

template <class T>
void check_same(const Network<T>& A, const Network<T>& B, bool keyed = true) {
  REQUIRE(A.depth() == B.depth());
  for (std::size_t l = 0; l < A.depth(); ++l) {
    if (keyed) CHECK(A.keys(l) == B.keys(l));
    const auto a = A.at(l).weights().compressed(Orientation::by_column);
    const auto b = B.at(l).weights().compressed(Orientation::by_column);
    CHECK(a.offsets == b.offsets);
    CHECK(a.indices == b.indices);
    CHECK(a.values == b.values);
    CHECK(std::equal(A.at(l).bias().begin(), A.at(l).bias().end(), B.at(l).bias().begin(),
                     B.at(l).bias().end()));
    CHECK(A.at(l).rules() == B.at(l).rules());
  }
}

}  // namespace

TEST_CASE_TEMPLATE("a network comes back, in its own type and in others", T, float, double,
                   std::int32_t, std::int64_t) {
  const TemporaryFolder folder;
  for (const std::optional<T> cap : {std::optional<T>(), std::optional<T>(T(7))}) {
    Network<T> network = small_network<T>(cap);
    const std::vector<KeySet> keys = keys_of(network);
    BundleOptions options;
    options.keys = &keys;
    options.notes["provenance"] = "a \"test\"\n";
    write_bundle(folder.at("own.safetensors"), network, options);
    check_same(read_bundle_network<T>(folder.at("own.safetensors")), network);
    for (const ValueTypeRow& row : value_types) {
      const ValueType store = row.type;
      options.store = store;
      write_bundle(folder.at("n.safetensors"), network, options);
      check_same(read_bundle_network<T>(folder.at("n.safetensors")), network);
    }
    BundleSource<T> source(folder.at("n.safetensors"));
    CHECK(source.notes().at("provenance") == "a \"test\"\n");
    CHECK(source.widths() == std::vector<Index>{5, 4, 2, 3});
    write_bundle(folder.at("plain.safetensors"), network);
    check_same(read_bundle_network<T>(folder.at("plain.safetensors")), network, false);
    CHECK(BundleSource<T>(folder.at("plain.safetensors")).keys(3) == KeySet{"1", "2", "3"});
  }
}

TEST_CASE("a deep network comes back, layer after layer") {
  const TemporaryFolder folder;
  std::vector<std::shared_ptr<const Layer<float>>> layers;
  for (Index l = 0; l < 150; ++l) {
    layers.push_back(
        layer<float>(3, 3, {{0, 1, 2}, {l % 3, 1, 2}, {0.5f, 1, 2}}, {-1, 0, 0}, 32.f));
  }
  Network<float> network(std::move(layers));
  write_bundle(folder.at("deep.safetensors"), network);
  check_same(read_bundle_network<float>(folder.at("deep.safetensors")), network, false);
  CHECK(bundle_value_type(folder.at("deep.safetensors")) == ValueType::fp32);
}

TEST_CASE("a reader of the published layout finds the arrays documented") {
  const TemporaryFolder folder;
  Network<float> network(
      {layer<float>(2, 3, {{0, 1, 1}, {0, 1, 2}, {0.5f, 0.5f, 0.5f}}, {-1, -1}, 32.f),
       layer<float>(2, 2, {{0, 1, 0}, {0, 0, 1}, {1, 2, 3}}, {0, 4}, 32.f)});
  write_bundle(folder.at("n.safetensors"), network);
  REQUIRE(std::system(("/usr/bin/python3 " OSCILLON_TESTS "/io/read_safetensors.py " +
                       folder.at("n.safetensors") + " > " + folder.at("out"))
                          .c_str()) == 0);
  // Layer 0 has one weight for each of its three inputs, to the outputs 0, 1, 1.
  CHECK(contents_of(folder.at("out")) ==
        "layers.0.indptr U16 1\nlayers.0.indices U16 0 1 1\nlayers.0.values F32 0.5\n"
        "layers.0.bias F32 -1.0\nlayers.1.indptr U16 0 2 3\nlayers.1.indices U16 0 1 0\n"
        "layers.1.values F32 1.0 2.0 3.0\nlayers.1.bias F32 0.0 4.0\n");
}

TEST_CASE("every cut and every flipped bit is found" * doctest::test_suite("slow")) {
  const TemporaryFolder folder;
  Network<float> network = small_network<float>();
  const std::vector<KeySet> keys = keys_of(network);
  BundleOptions options;
  options.keys = &keys;
  write_bundle(folder.at("n.safetensors"), network, options);
  const std::string whole = contents_of(folder.at("n.safetensors"));
  const auto refused = [&](const std::string& bytes) {
    folder.write("damaged.safetensors", bytes);
    return fails_with(Fault::bad_data,
                      [&] { read_bundle_network<float>(folder.at("damaged.safetensors")); });
  };
  const std::size_t header_end = whole.find("}}") + 2;
  const std::size_t data_begin = whole.find_first_not_of(' ', header_end);
  int taken = 0;
  for (std::size_t cut = 0; cut < whole.size(); cut += cut < header_end ? 1 : 7) {
    taken += !refused(whole.substr(0, cut));
  }
  CHECK(taken == 0);
  taken = !refused(whole + '\0');
  for (std::size_t byte = 0; byte < whole.size(); ++byte) {
    if (byte > header_end && byte + 64 < data_begin) byte += 61;  // the long stretch of blanks
    for (const std::size_t bit : {byte % 8, (byte + 4) % 8}) {
      std::string flipped = whole;
      flipped[byte] = static_cast<char>(flipped[byte] ^ 1 << bit);
      taken += !refused(flipped);
      if (byte < header_end) break;
    }
  }
  CHECK(taken == 0);
}

TEST_CASE("values that the type does not hold are refused, and nothing is left") {
  const TemporaryFolder folder;
  Network<double> network({layer<double>(1, 1, {{0}, {0}, {0.1}}, {0}, {})});
  BundleOptions options;
  options.store = ValueType::fp16;
  CHECK(fails_with(Fault::bad_data,
                   [&] { write_bundle(folder.at("n.safetensors"), network, options); }));
  CHECK(folder.files() == 0);
  options.store = ValueType::fp64;
  write_bundle(folder.at("n.safetensors"), network, options);
  CHECK(error_of([&] {
          read_bundle_network<std::int32_t>(folder.at("n.safetensors"));
        }).find("element 0 of the array layers.0.values is not held by int32") !=
        std::string::npos);
}

TEST_CASE("integers at the ends of their range are held exactly or refused, never wrapped") {
  const TemporaryFolder folder;
  // "held", "refused", or what came back instead.
  const auto read = [&]<class T>(double value) -> std::string {
    Network<double> network({layer<double>(1, 1, {{0}, {0}, {value}}, {0}, {})});
    write_bundle(folder.at("n.safetensors"), network);
    try {
      const auto back = read_bundle_network<T>(folder.at("n.safetensors"));
      const T got = *back.at(0).weights().at(0, 0);
      return static_cast<double>(got) == value ? "held" : std::to_string(got);
    } catch (const ParseError&) {
      return "refused";
    }
  };
  const double two_63 = 9223372036854775808.0, two_31 = 2147483648.0;
  CHECK(read.operator()<std::int64_t>(two_63) == "refused");
  CHECK(read.operator()<std::int64_t>(-two_63) == "held");
  CHECK(read.operator()<std::int64_t>(two_63 / 2) == "held");
  CHECK(read.operator()<std::int32_t>(two_31) == "refused");
  CHECK(read.operator()<std::int32_t>(two_31 - 1) == "held");
  CHECK(read.operator()<std::int32_t>(-two_31) == "held");
}

TEST_CASE("a whole number that the stored type does not hold is refused when written") {
  const TemporaryFolder folder;
  const std::int64_t odd = (std::int64_t{1} << 53) + 1;
  Network<std::int64_t> network({layer<std::int64_t>(1, 1, {{0}, {0}, {odd}}, {0}, {})});
  BundleOptions options;
  options.store = ValueType::fp64;
  CHECK(fails_with(Fault::bad_data,
                   [&] { write_bundle(folder.at("n.safetensors"), network, options); }));
  CHECK(folder.files() == 0);
  write_bundle(folder.at("n.safetensors"), network);
  check_same(read_bundle_network<std::int64_t>(folder.at("n.safetensors")), network, false);
}

// Two layers whose rules have nothing in common, the second row by row.
template <class T>
Network<T> network_of_rules() {
  const auto weights = [](T w) {
    return Matrix<T>::build(2, 2, {{0, 1, 1}, {0, 0, 1}, {w, w, T(-1)}});
  };
  LayerRules<T> first{.cap = T(8), .bias_on = BiasOn::live_samples};
  LayerRules<T> second{.cap = std::vector<std::optional<T>>{T(3), std::nullopt},
                       .bias_on = BiasOn::every_sample,
                       .activation = std::vector<Activation>{Activation::relu, Activation::none},
                       .product = Product::max_plus};
  return Network<T>(
      {std::make_shared<const Layer<T>>(weights(T(2)), std::vector<T>{T(1), T(0)}, first),
       std::make_shared<const Layer<T>>(weights(T(1)), std::vector<T>{T(0), T(5)}, second)});
}

TEST_CASE_TEMPLATE("each layer keeps its rules, those of single rows too", T, float, double,
                   std::int32_t, std::int64_t) {
  const TemporaryFolder folder;
  const Network<T> network = network_of_rules<T>();
  BundleOptions options;
  options.store = ValueType::int8;
  write_bundle(folder.at("n.safetensors"), network, options);
  check_same(read_bundle_network<T>(folder.at("n.safetensors")), network, false);
  const BundleSource<T> source(folder.at("n.safetensors"));
  CHECK(source.bias_on(0) == BiasOn::live_samples);
  CHECK(source.bias_on(1) == BiasOn::every_sample);
  CHECK(source.value_type() == ValueType::int8);
}

TEST_CASE("the fingerprint is of weights, biases and rules, not of path, keys or notes") {
  const TemporaryFolder folder;
  const auto fingerprint = [&](const Network<float>& network, const char* name,
                               const BundleOptions& options = {}) {
    write_bundle(folder.at(name), network, options);
    return BundleSource<float>(folder.at(name)).fingerprint();
  };
  const auto one = [](float weight, float bias, LayerRules<float> rules = {}) {
    return Network<float>(
        {std::make_shared<const Layer<float>>(Matrix<float>::build(1, 1, {{0}, {0}, {weight}}),
                                              std::vector<float>{bias}, std::move(rules))});
  };
  const std::string plain = fingerprint(one(1, 0), "a.safetensors");
  BundleOptions noted;
  noted.notes["provenance"] = "elsewhere";
  const std::vector<KeySet> keys{KeySet{"in"}, KeySet{"out"}};
  noted.keys = &keys;
  CHECK(fingerprint(one(1, 0), "b.safetensors", noted) == plain);
  CHECK(fingerprint(one(2, 0), "c.safetensors") != plain);
  CHECK(fingerprint(one(1, 1), "d.safetensors") != plain);
  CHECK(fingerprint(one(1, 0, {.cap = 2.f}), "e.safetensors") != plain);
  CHECK(fingerprint(one(1, 0, {.bias_on = BiasOn::nonzero}), "f.safetensors") != plain);
  CHECK(fingerprint(one(1, 0, {.activation = Activation::none}), "g.safetensors") != plain);
  CHECK(fingerprint(one(1, 0, {.product = Product::max_plus}), "h.safetensors") != plain);
}

namespace {

// A file as the writer of arrays makes it, for metadata that the writer of bundles would not.
void write_by_hand(const std::string& path, const char* version, io::Metadata more) {
  io::Metadata metadata{{"value_type", "fp32"}, {"depth", "1"}, {"widths", "1,1"}, {"cap", "none"}};
  metadata.merge(more);
  io::ArrayFileWriter writer(path, 4);
  writer.add_numbers("layers.0.indptr", std::vector<Index>{1}, 1);
  writer.add_numbers("layers.0.indices", std::vector<Index>{0}, 0);
  writer.add_values<float>("layers.0.values", std::vector<float>{1}, ValueType::fp32);
  writer.add_values<float>("layers.0.bias", std::vector<float>{2}, ValueType::fp32);
  writer.commit("oscillon network", version, metadata);
}

}  // namespace

TEST_CASE("version 1 is read: its bias rule obeyed, its notes kept, all else as it was") {
  const TemporaryFolder folder;
  const std::string path = folder.at("n.safetensors");
  write_by_hand(path, "1", {});
  CHECK(BundleSource<float>(path).layer(0)->rules() == LayerRules<float>{});
  write_by_hand(path, "1", {{"bias_on", "live-samples"}, {"provenance", "old"}});
  const BundleSource<float> source(path);
  CHECK(source.bias_on(0) == BiasOn::live_samples);
  CHECK(source.layer(0)->rules() == LayerRules<float>{.bias_on = BiasOn::live_samples});
  CHECK(source.notes() == std::map<std::string, std::string>{{"provenance", "old"}});
}

TEST_CASE("a rule that is missing, unknown or of another depth is refused, and an unknown key") {
  const TemporaryFolder folder;
  const auto error = [&](const char* version, const io::Metadata& metadata) {
    write_by_hand(folder.at("n.safetensors"), version, metadata);
    const std::string message =
        error_of([&] { BundleSource<float>{folder.at("n.safetensors")}.layer(0); });
    return message.substr(std::min(message.find("error: "), message.size()));
  };
  const io::Metadata rules{
      {"bias_on", "stored"}, {"activation", "relu"}, {"product", "plus-times"}};
  const auto with = [&](const char* name, const char* value) {
    io::Metadata changed = rules;
    changed[name] = value;
    return changed;
  };
  CHECK(error("2", rules).empty());
  CHECK(error("2", with("note:anything", "at all")).empty());
  CHECK(error("3", rules) == "error: version \"3\" of the format is not known");
  CHECK(error("2", {}) == "error: the metadata lacks bias_on");
  CHECK(error("2", with("colour", "red")) ==
        "error: nobody knows what the metadata \"colour\" means");
  CHECK(error("2", with("checksum:none", "0")) ==
        "error: nobody knows what the metadata \"checksum:none\" means");
  CHECK(error("2", with("bias_on", "stored,stored")) ==
        "error: the metadata \"bias_on\" must be one for all layers or one a layer");
  CHECK(error("2", with("bias_on", "some")) ==
        "error: no bias rule is called \"some\": there are stored, nonzero, live-samples, "
        "every-sample");
  CHECK(error("2", with("activation", "rows")) ==
        "error: the array layers.0.activations is missing");
  CHECK(error("1", {{"bias_on", "some"}}).starts_with("error: no bias rule is called"));
}

TEST_CASE("what is no bundle of ours is refused with a reason") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& bytes) {
    folder.write("x.safetensors", bytes);
    const std::string message = error_of([&] { BundleSource<float>{folder.at("x.safetensors")}; });
    return message.substr(std::min(message.find("error: "), message.size()));
  };
  const auto with_header = [](const std::string& text) {
    std::string bytes(8, '\0');
    bytes[0] = static_cast<char>(text.size());
    return bytes + text;
  };
  CHECK(error("") == "error: the file ends before its header");
  CHECK(error(std::string(7, '\xFF') + "\x7F") ==
        "error: the file claims a header of 9223372036854775807 bytes and has 8 in all");
  CHECK(error(with_header("{]")) == "error: the header is no JSON");
  CHECK(error(with_header("{}")) ==
        "error: the header has no metadata: this is no network of ours");
  CHECK(error(with_header("{\"a\":1,\"a\":2}")) == "error: the header has \"a\" twice");
  CHECK(error(with_header("{\"__metadata__\":{\"format\":\"pt\"}}")) ==
        "error: this is no network of ours, by its metadata");
}
