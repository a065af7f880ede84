// The door to SuiteSparse:GraphBLAS: the only file that includes GraphBLAS.h. It starts the
// library, turns error codes into exceptions, and maps C++ value types to GraphBLAS types,
// operators and functions.
#pragma once

// GraphBLAS.h includes <complex>, which must not meet C linkage.
#include <complex>

// The macro I of complex.h would hit every template parameter of that name: from version 9 on
// GraphBLAS.h leaves it behind, and before it takes away a host's own. Here it stays as it was.
#pragma push_macro("I")
extern "C" {
#include <GraphBLAS.h>
}
#pragma pop_macro("I")

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "oscillon/base/error.hpp"
#include "oscillon/base/value_type.hpp"

namespace oscillon {

using Index = GrB_Index;  // unsigned 64 bits

// Starts GraphBLAS, once per process. A host program that has called GrB_init itself is respected:
// then nothing is set. Never finalized, since GrB_init cannot be called twice. Every constructor of
// a handle calls this.
void start_graphblas();

// While any of these lives, every GraphBLAS call runs on the thread that makes it. Inference needs
// that: its own threads work on different samples, and a sum must not depend on how many there are.
// Some methods heed only the global setting, so that is what changes; the last one to go puts it
// back.
class SingleThreadedGraphblas {
 public:
  SingleThreadedGraphblas();
  ~SingleThreadedGraphblas();
  SingleThreadedGraphblas(const SingleThreadedGraphblas&) = delete;
  SingleThreadedGraphblas& operator=(const SingleThreadedGraphblas&) = delete;
};

// Sets how many threads GraphBLAS itself may use outside of inference (0: as many as it likes).
void set_graphblas_threads(int threads);

// How a product is to be worked out: each vector sorted as it is made, while it is in the cache; by
// Gustavson's method, or as GraphBLAS sees fit.
enum class ProductMethod { any, gustavson };
GrB_Descriptor sorted_product(ProductMethod method = ProductMethod::any);

// "7.4.0" and so on, of the library that runs.
std::string graphblas_version();

// Throws the Error that `info` stands for: the operation, the shapes of its operands (output first)
// and what GraphBLAS says about the output.
[[noreturn]] void throw_graphblas_error(GrB_Info info, const char* operation,
                                        std::initializer_list<GrB_Matrix> operands);

// Every GraphBLAS call goes through here; `operands` are the matrices to name when it fails.
inline void check(GrB_Info info, const char* operation,
                  std::initializer_list<GrB_Matrix> operands = {}) {
  if (info != GrB_SUCCESS) [[unlikely]]
    throw_graphblas_error(info, operation, operands);
}

// The GraphBLAS side of a C++ value type: its names, functions and operators.
template <class T>
struct GraphblasType;

#define OSCILLON_GRAPHBLAS_FUNCTIONS(CTYPE, NAME, TEXT)                      \
  static constexpr std::string_view name = TEXT;                             \
  static GrB_Type type() {                                                   \
    return GrB_##NAME;                                                       \
  }                                                                          \
  static constexpr auto build = &GrB_Matrix_build_##NAME;                    \
  static constexpr auto export_arrays = &GrB_Matrix_export_##NAME;           \
  static constexpr auto extract_tuples = &GrB_Matrix_extractTuples_##NAME;   \
  static constexpr auto extract_element = &GrB_Matrix_extractElement_##NAME; \
  static constexpr auto set_element = &GrB_Matrix_setElement_##NAME;         \
  static constexpr auto apply_second = &GrB_Matrix_apply_BinaryOp2nd_##NAME; \
  static constexpr auto assign_scalar = &GrB_Matrix_assign_##NAME;           \
  static constexpr auto select = &GrB_Matrix_select_##NAME;                  \
  static GrB_IndexUnaryOp value_equal() {                                    \
    return GrB_VALUEEQ_##NAME;                                               \
  }                                                                          \
  static GrB_IndexUnaryOp value_not_equal() {                                \
    return GrB_VALUENE_##NAME;                                               \
  }                                                                          \
  static GrB_BinaryOp first() {                                              \
    return GrB_FIRST_##NAME;                                                 \
  }                                                                          \
  static GrB_BinaryOp second() {                                             \
    return GrB_SECOND_##NAME;                                                \
  }

#define OSCILLON_GRAPHBLAS_NUMERIC(CTYPE, NAME, TEXT)                            \
  template <>                                                                    \
  struct GraphblasType<CTYPE> {                                                  \
    OSCILLON_GRAPHBLAS_FUNCTIONS(CTYPE, NAME, TEXT)                              \
    static GrB_IndexUnaryOp value_greater() { return GrB_VALUEGT_##NAME; }       \
    static GrB_IndexUnaryOp value_greater_equal() { return GrB_VALUEGE_##NAME; } \
    static GrB_IndexUnaryOp value_less() { return GrB_VALUELT_##NAME; }          \
    static GrB_IndexUnaryOp value_less_equal() { return GrB_VALUELE_##NAME; }    \
    static GrB_BinaryOp plus() { return GrB_PLUS_##NAME; }                       \
    static GrB_BinaryOp minus() { return GrB_MINUS_##NAME; }                     \
    static GrB_BinaryOp times() { return GrB_TIMES_##NAME; }                     \
    static GrB_BinaryOp min() { return GrB_MIN_##NAME; }                         \
    static GrB_BinaryOp max() { return GrB_MAX_##NAME; }                         \
    static GrB_BinaryOp is_greater() { return GxB_ISGT_##NAME; }                 \
    static GrB_Monoid plus_monoid() { return GrB_PLUS_MONOID_##NAME; }           \
    static GrB_Monoid min_monoid() { return GrB_MIN_MONOID_##NAME; }             \
    static GrB_Monoid max_monoid() { return GrB_MAX_MONOID_##NAME; }             \
    static GrB_Semiring any_pair() { return GxB_ANY_PAIR_##NAME; }               \
    static GrB_Semiring plus_times() { return GrB_PLUS_TIMES_SEMIRING_##NAME; }  \
    static GrB_Semiring max_plus() { return GrB_MAX_PLUS_SEMIRING_##NAME; }      \
    static GrB_Semiring min_plus() { return GrB_MIN_PLUS_SEMIRING_##NAME; }      \
    static GrB_Semiring max_times() { return GrB_MAX_TIMES_SEMIRING_##NAME; }    \
    static GrB_Semiring min_times() { return GrB_MIN_TIMES_SEMIRING_##NAME; }    \
    static GrB_Semiring max_min() { return GrB_MAX_MIN_SEMIRING_##NAME; }        \
    static GrB_Semiring min_max() { return GrB_MIN_MAX_SEMIRING_##NAME; }        \
  };

OSCILLON_GRAPHBLAS_NUMERIC(float, FP32, name_of(value_type_of<float>()))
OSCILLON_GRAPHBLAS_NUMERIC(double, FP64, name_of(value_type_of<double>()))
OSCILLON_GRAPHBLAS_NUMERIC(std::int8_t, INT8, name_of(value_type_of<std::int8_t>()))
OSCILLON_GRAPHBLAS_NUMERIC(std::int16_t, INT16, name_of(value_type_of<std::int16_t>()))
OSCILLON_GRAPHBLAS_NUMERIC(std::int32_t, INT32, name_of(value_type_of<std::int32_t>()))
OSCILLON_GRAPHBLAS_NUMERIC(std::int64_t, INT64, name_of(value_type_of<std::int64_t>()))
OSCILLON_GRAPHBLAS_NUMERIC(std::uint8_t, UINT8, "uint8")
OSCILLON_GRAPHBLAS_NUMERIC(std::uint16_t, UINT16, "uint16")
OSCILLON_GRAPHBLAS_NUMERIC(std::uint32_t, UINT32, "uint32")
OSCILLON_GRAPHBLAS_NUMERIC(std::uint64_t, UINT64, "uint64")

template <>
struct GraphblasType<bool> {
  OSCILLON_GRAPHBLAS_FUNCTIONS(bool, BOOL, "bool")
};

#undef OSCILLON_GRAPHBLAS_NUMERIC
#undef OSCILLON_GRAPHBLAS_FUNCTIONS

// A type that a matrix can hold.
template <class T>
concept Value = requires {
  GraphblasType<T>::name;
};

// Every value type, for explicit instantiation: X(type).
#define OSCILLON_FOR_EACH_VALUE_TYPE(X) \
  X(bool)                               \
  X(std::int8_t)                        \
  X(std::int16_t)                       \
  X(std::int32_t)                       \
  X(std::int64_t)                       \
  X(std::uint8_t)                       \
  X(std::uint16_t)                      \
  X(std::uint32_t)                      \
  X(std::uint64_t)                      \
  X(float)                              \
  X(double)

// The types that a network computes in.
template <class T>
concept NetworkValue = std::same_as<T, float> || std::same_as<T, double> ||
    std::same_as<T, std::int32_t> || std::same_as<T, std::int64_t>;

#define OSCILLON_FOR_EACH_NETWORK_TYPE(X) \
  X(float)                                \
  X(double)                               \
  X(std::int32_t)                         \
  X(std::int64_t)

// Calls visit.operator()<T>() for the network type of this name. Throws Error(usage), naming those
// there are, for another.
template <class Visit>
auto visit_network_type(std::string_view name, Visit&& visit) {
  return visit_type<float, double, std::int32_t, std::int64_t>(name, std::forward<Visit>(visit));
}

}  // namespace oscillon
