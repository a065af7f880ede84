// How many random cases a test tries.
#pragma once

namespace oscillon::testing {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif

// `all`, or a tenth of them under a sanitizer, which makes each take ten times as long.
constexpr int cases(int all) {
  return is_sanitized ? (all + 9) / 10 : all;
}

}  // namespace oscillon::testing
