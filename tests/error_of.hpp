// Errors as values, for tests of messages.
#pragma once

#include <string>

#include "oscillon/base/error.hpp"

namespace oscillon::testing {

// The text of the Error that `action` throws, or "no error". Any other exception goes on.
template <class Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// Whether `action` throws an Error of this kind.
template <class Action>
bool fails_with(Fault fault, Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.fault() == fault;
  }
  return false;
}

}  // namespace oscillon::testing
