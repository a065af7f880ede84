#include "engine/io/npy.hpp"

#include <charconv>

#include "oscillon/base/checked.hpp"

namespace oscillon {

namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t alignment = 64;

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

// Bytes an element, from the digits of its type.
std::uint64_t element_bytes(std::string_view type) {
  std::uint64_t bytes = 0;
  const std::string_view digits = type.substr(std::min<std::size_t>(2, type.size()));
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bytes);
  return error == std::errc() && end == digits.data() + digits.size() ? bytes : 0;
}

// Reads the header's dictionary, of which only what numpy itself writes is accepted.
class HeaderScanner {
 public:
  HeaderScanner(std::string_view text, const std::string& name) : rest_(text), name_(name) {}

  void scan(NumpyArray& array) {
    bool type = false, order = false, shape = false;
    expect("{");
    while (!accept("}")) {
      const std::string key = quoted();
      expect(":");
      if (key == "descr" && !type) {
        array.type = quoted();
        type = true;
      } else if (key == "fortran_order" && !order) {
        if (accept("True")) fail("is in Fortran order, which is not supported");
        expect("False");
        order = true;
      } else if (key == "shape" && !shape) {
        array.shape = tuple();
        shape = true;
      } else {
        fail("has a header with an unexpected " + in_quotes(key));
      }
      if (!accept(",")) {
        expect("}");
        break;
      }
    }
    blanks();
    if (!type || !order || !shape || !rest_.empty()) fail("has an incomplete header");
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(Fault::bad_data, "the array " + name_ + " " + what);
  }

 private:
  void blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size())); }
  bool accept(std::string_view token) {
    blanks();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) {
    if (!accept(token)) fail("has a header in which " + in_quotes(token) + " is missing");
  }
  std::string quoted() {
    expect("'");
    const std::size_t end = rest_.find('\'');
    if (end == std::string_view::npos) fail("has a header with an open quote");
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return text;
  }
  std::vector<std::uint64_t> tuple() {
    std::vector<std::uint64_t> numbers;
    expect("(");
    while (!accept(")")) {
      blanks();
      std::uint64_t number = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
      if (error != std::errc()) fail("has a header with a malformed shape");
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      numbers.push_back(number);
      if (!accept(",")) {
        expect(")");
        break;
      }
    }
    return numbers;
  }

  std::string_view rest_;
  const std::string& name_;
};

}  // namespace

std::uint64_t NumpyArray::size() const {
  std::uint64_t size = 1;
  for (const std::uint64_t side : shape) size = checked_multiply(size, side, "elements");
  return size;
}

double NumpyArray::number(std::uint64_t i) const {
  const std::uint64_t width = element_bytes(type);
  const std::uint64_t bits = little_endian(bytes.substr(i * width, width));
  if (type == "<f8") return decoded(ValueType::fp64, bits);
  if (type == "<f4") return decoded(ValueType::fp32, bits);
  if (type == "<f2") return decoded(ValueType::fp16, bits);
  return static_cast<double>(whole(i));
}

std::int64_t NumpyArray::whole(std::uint64_t i) const {
  const std::uint64_t width = element_bytes(type);
  const std::uint64_t bits = little_endian(bytes.substr(i * width, width));
  if (type == "|b1" || type == "|u1" || type == "<u2" || type == "<u4") {
    return static_cast<std::int64_t>(bits);
  }
  if (type != "|i1" && type != "<i2" && type != "<i4" && type != "<i8") {
    throw Error(Fault::bad_data, "numbers of the type " + in_quotes(type) + " are not supported");
  }
  const auto unused = static_cast<int>(64 - 8 * width);
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

NumpyArray parse_npy(std::string_view bytes, const std::string& name) {
  NumpyArray array;
  const auto fail = [&](const char* what) {
    throw Error(Fault::bad_data, "the array " + name + " " + what);
  };
  if (!bytes.starts_with(magic) || bytes.size() < 10) fail("does not begin as a numpy array does");
  const auto version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3) fail("has an unknown version of the format");
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  const std::size_t begin = 8 + length_bytes;
  if (bytes.size() < begin) fail("ends within its header");
  const std::uint64_t length = little_endian(bytes.substr(8, length_bytes));
  if (length > bytes.size() - begin) fail("ends within its header");
  HeaderScanner(bytes.substr(begin, length), name).scan(array);
  array.bytes = bytes.substr(begin + length);
  const std::uint64_t expected =
      checked_multiply(array.size(), element_bytes(array.type), "bytes of an array");
  if (expected != array.bytes.size()) fail("has more or fewer bytes than its shape says");
  return array;
}

std::string npy_bytes(std::string_view type, std::string_view values, std::uint64_t count,
                      bool scalar) {
  std::string header = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (" +
                       (scalar ? "" : std::to_string(count) + ",") + "), }";
  const std::size_t before = magic.size() + 4;
  header.resize((before + header.size() + alignment) / alignment * alignment - before - 1, ' ');
  header += '\n';
  std::string bytes(magic);
  bytes += '\1';
  bytes += '\0';
  append_little_endian(bytes, header.size(), 2);
  bytes += header;
  bytes += values;
  return bytes;
}

std::string numpy_type(ValueType type) {
  if (type == ValueType::bf16) {
    throw Error(Fault::usage, "numpy has no bf16; store the values as fp32, which holds them");
  }
  const std::size_t bytes = bytes_of(type);
  return (bytes == 1 ? "|" : "<") + std::string(is_floating(type) ? "f" : "i") +
         std::to_string(bytes);
}

void append_little_endian(std::string& bytes, std::uint64_t bits, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>(bits >> (8 * i) & 0xFF);
}

}  // namespace oscillon
