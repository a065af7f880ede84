// A sparse DNN engine in plain C++, written from the README.txt of the test vectors alone.
//   plain_engine WEIGHTS INPUT OUTPUT [FAULT]      reads and writes .tsv
// A fault breaks one rule on purpose, to see whether the judge finds it.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

static std::string fault;

template <class T>
using Rows = std::vector<std::map<long, T>>;

template <class T>
Rows<T> read(const std::string& path, long rows, long columns, bool weights = false) {
  Rows<T> matrix(rows);
  std::ifstream file(path);
  if (!file) std::exit((std::cerr << path << ": cannot open\n", 3));
  long i, j;
  double v;
  while (file >> i >> j >> v) {
    if (weights && fault == "columns-off-by-one" && ++j > columns) continue;
    if (!matrix.at(i - 1).emplace(j - 1, static_cast<T>(v)).second && fault != "keeps-first") {
      std::exit((std::cerr << path << ": an entry stands twice\n", 4));
    }
  }
  if (weights && fault == "loses-last-line") {
    for (long r = rows; r-- > 0;) {
      if (matrix[r].empty()) continue;
      matrix[r].erase(std::prev(matrix[r].end()));
      break;
    }
  }
  return matrix;
}

template <class T>
int infer(const std::string& folder, const std::string& input, const std::string& output) {
  std::ifstream file(folder + "/network.txt");
  std::string line, word, cap_text, bias_on;
  long samples = 0;
  std::vector<std::pair<long, long>> layers;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    long number, inputs, outputs;
    words >> word;
    if (word == "samples") words >> samples;
    if (word == "cap") words >> cap_text;
    if (word == "bias_on") words >> bias_on;
    if (word == "layer")
      words >> number >> word >> inputs >> word >> outputs, layers.emplace_back(inputs, outputs);
  }
  Rows<T> Y = read<T>(input, samples, layers[0].first);
  for (std::size_t k = 0; k < layers.size(); ++k) {
    if (fault == "skips-last-layer" && k + 1 == layers.size() &&
        layers[k].first == layers[k].second)
      break;
    const std::string number = std::to_string(k + 1) + ".tsv";
    const Rows<T> W =
        read<T>(folder + "/weights-" + number, layers[k].first, layers[k].second, true);
    const Rows<T> b = read<T>(folder + "/bias-" + number, 1, layers[k].second);
    for (auto& y : Y) {
      std::map<long, T> z;
      for (const auto& [i, value] : y) {
        for (const auto& [j, weight] : W.at(i)) {
          T& sum = z[j];
          sum = static_cast<T>((fault == "last-product" ? T(0) : sum) + value * weight);
        }
      }
      if (bias_on == "live-samples" && !y.empty()) {
        for (long j = 0; j < layers[k].second; ++j) z[j];
      }
      y.clear();
      for (auto [j, sum] : z) {
        if (const auto bias = b[0].find(j); bias != b[0].end() && fault != "no-bias") {
          sum = static_cast<T>(sum + bias->second);
        }
        if (!(sum > 0)) continue;
        if (cap_text != "none") sum = std::min<T>(sum, static_cast<T>(std::stod(cap_text)));
        if (fault == "cap-32") sum = std::min<T>(sum, T(32));
        y[j] = sum;
      }
    }
  }
  std::ofstream out(output);
  out << std::setprecision(std::numeric_limits<double>::max_digits10);
  for (long s = 0; s < samples; ++s) {
    for (const auto& [j, value] : Y[s]) {
      out << s + 1 << '\t' << j + (fault == "output-off-by-one" ? 2 : 1) << '\t' << +value << '\n';
    }
  }
  return out.flush() ? 0 : 5;
}

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  if (argc > 4) fault = argv[4];
  std::ifstream file(std::string(argv[1]) + "/network.txt");
  std::string name, precision;
  file >> name >> precision;
  if (fault == "float32-sums" && precision == "fp64") precision = "fp32";
  if (precision == "fp32") return infer<float>(argv[1], argv[2], argv[3]);
  if (precision == "fp64") return infer<double>(argv[1], argv[2], argv[3]);
  if (precision == "int8") return infer<signed char>(argv[1], argv[2], argv[3]);
  if (precision == "int16") return infer<short>(argv[1], argv[2], argv[3]);
  if (precision == "int32") return infer<int>(argv[1], argv[2], argv[3]);
  return 6;
}
