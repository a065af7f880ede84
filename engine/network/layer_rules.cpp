#include "oscillon/network/layer_rules.hpp"

#include <string>

#include "oscillon/base/error.hpp"

namespace oscillon {

namespace {

template <class Choice, std::size_t count>
std::string_view name_in(const std::array<Named<Choice>, count>& table, Choice choice) {
  for (const auto& row : table) {
    if (row.choice == choice) return row.name;
  }
  return "";
}

template <class Choice, std::size_t count>
Choice choice_in(const std::array<Named<Choice>, count>& table, std::string_view name,
                 const char* what) {
  std::string names;
  for (const auto& row : table) {
    if (row.name == name) return row.choice;
    names += (names.empty() ? "" : ", ") + std::string(row.name);
  }
  throw Error(Fault::usage,
              "no " + std::string(what) + " is called " + in_quotes(name) + ": there are " + names);
}

}  // namespace

std::string_view name_of(BiasOn rule) {
  return name_in(bias_rules, rule);
}

std::string_view name_of(Activation activation) {
  return name_in(activations, activation);
}

std::string_view name_of(Product product) {
  return name_in(products, product);
}

BiasOn bias_on_from_name(std::string_view name) {
  return choice_in(bias_rules, name, "bias rule");
}

Activation activation_from_name(std::string_view name) {
  return choice_in(activations, name, "activation");
}

Product product_from_name(std::string_view name) {
  return choice_in(products, name, "product");
}

}  // namespace oscillon
