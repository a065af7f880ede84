#include "oscillon/algebra/graphblas.hpp"

#include <array>
#include <mutex>

namespace oscillon {

namespace {

const char* description(GrB_Info info) {
  switch (info) {
    case GrB_NO_VALUE:
      return "no such entry";
    case GrB_UNINITIALIZED_OBJECT:
      return "object used before it was made";
    case GrB_NULL_POINTER:
      return "null pointer";
    case GrB_INVALID_VALUE:
      return "invalid value";
    case GrB_INVALID_INDEX:
    case GrB_INDEX_OUT_OF_BOUNDS:
      return "index out of bounds";
    case GrB_DOMAIN_MISMATCH:
      return "value types do not match";
    case GrB_DIMENSION_MISMATCH:
      return "shapes do not match";
    case GrB_OUTPUT_NOT_EMPTY:
      return "output is not empty";
    case GrB_NOT_IMPLEMENTED:
      return "not offered by this GraphBLAS";
    case GrB_OUT_OF_MEMORY:
      return "out of memory";
    case GrB_INSUFFICIENT_SPACE:
      return "array too small";
    case GrB_INVALID_OBJECT:
      return "damaged object";
    default:
      return "GraphBLAS failed";
  }
}

Fault fault_of(GrB_Info info) {
  switch (info) {
    case GrB_OUT_OF_MEMORY:
      return Fault::out_of_memory;
    case GrB_DIMENSION_MISMATCH:
    case GrB_INDEX_OUT_OF_BOUNDS:
    case GrB_INVALID_INDEX:
    case GrB_INVALID_VALUE:
    case GrB_DOMAIN_MISMATCH:
      return Fault::bad_data;
    default:
      return Fault::internal;
  }
}

std::string shape_text(GrB_Matrix matrix) {
  Index rows = 0;
  Index columns = 0;
  if (matrix == nullptr || GrB_Matrix_nrows(&rows, matrix) != GrB_SUCCESS ||
      GrB_Matrix_ncols(&columns, matrix) != GrB_SUCCESS) {
    return "(none)";
  }
  return std::to_string(rows) + " x " + std::to_string(columns);
}

std::mutex thread_mutex;
int single_threaded_scopes = 0;
int threads_before = 0;

void set_global_threads(int threads) {
  check(GxB_Global_Option_set_INT32(GxB_GLOBAL_NTHREADS, threads), "set the number of threads");
}

}  // namespace

void start_graphblas() {
  static std::once_flag once;
  std::call_once(once, [] {
    const GrB_Info info = GrB_init(GrB_NONBLOCKING);
    if (info == GrB_INVALID_VALUE) return;  // the host has started it
    check(info, "start GraphBLAS");
#if GxB_IMPLEMENTATION_MAJOR >= 8
    // What GraphBLAS has no kernel for it would have a C compiler make, into a folder of the user's
    // home, and load what it finds there. A library does not start compilers behind its host's
    // back, many processes may share one home, and an answer must not depend on what lies in it.
    // Kernels built into GraphBLAS are used; a host that wants the others starts GraphBLAS itself.
    check(GxB_Global_Option_set_INT32(GxB_JIT_C_CONTROL, GxB_JIT_RUN),
          "keep GraphBLAS from compiling");
#else
    // The memory pool of 7.x is shared by all threads and makes them wait for each other.
    std::int64_t no_pool[64] = {};
    check(GxB_Global_Option_set_INT64_ARRAY(GxB_MEMORY_POOL, no_pool),
          "switch the memory pool off");
#endif
  });
}

SingleThreadedGraphblas::SingleThreadedGraphblas() {
  start_graphblas();
  const std::lock_guard<std::mutex> lock(thread_mutex);
  if (single_threaded_scopes == 0) {
    check(GxB_Global_Option_get_INT32(GxB_GLOBAL_NTHREADS, &threads_before),
          "read the number of threads");
    set_global_threads(1);
  }
  ++single_threaded_scopes;
}

SingleThreadedGraphblas::~SingleThreadedGraphblas() {
  const std::lock_guard<std::mutex> lock(thread_mutex);
  if (--single_threaded_scopes == 0)
    GxB_Global_Option_set_INT32(GxB_GLOBAL_NTHREADS, threads_before);
}

void set_graphblas_threads(int threads) {
  start_graphblas();
  const std::lock_guard<std::mutex> lock(thread_mutex);
  if (single_threaded_scopes > 0) {
    threads_before = threads;
  } else {
    set_global_threads(threads);
  }
}

GrB_Descriptor sorted_product(ProductMethod method) {
  const auto make = [](bool gustavson) {
    start_graphblas();
    GrB_Descriptor made = nullptr;
    check(GrB_Descriptor_new(&made), "make a descriptor");
    check(GxB_Desc_set_INT32(made, GxB_SORT, 1), "ask for sorted vectors");
    if (gustavson) {
      check(GxB_Desc_set_INT32(made, GxB_AxB_METHOD, GxB_AxB_GUSTAVSON), "choose a method");
    }
    return made;
  };
  static const std::array<GrB_Descriptor, 2> descriptors{make(false), make(true)};
  return descriptors[method == ProductMethod::gustavson ? 1 : 0];
}

std::string graphblas_version() {
  int version[3] = {};
  start_graphblas();
  check(GxB_Global_Option_get_INT32(GxB_LIBRARY_VERSION, version), "read the library's version");
  return std::to_string(version[0]) + "." + std::to_string(version[1]) + "." +
         std::to_string(version[2]);
}

void throw_graphblas_error(GrB_Info info, const char* operation,
                           std::initializer_list<GrB_Matrix> operands) {
  std::string text = std::string(operation) + ": " + description(info);
  const char* separator = " (";
  for (const GrB_Matrix operand : operands) {
    text += separator + shape_text(operand);
    separator = ", ";
  }
  if (operands.size() > 0) text += ")";
  // On out of memory GraphBLAS has no text of its own, and asking it may need memory.
  const char* detail = nullptr;
  if (info != GrB_OUT_OF_MEMORY && operands.size() > 0 && *operands.begin() != nullptr &&
      GrB_Matrix_error(&detail, *operands.begin()) == GrB_SUCCESS && detail != nullptr &&
      *detail != '\0') {
    text += std::string("; GraphBLAS: ") + detail;
  }
  if (info == GrB_DIMENSION_MISMATCH) throw ShapeError(text);
  throw Error(fault_of(info), text);
}

}  // namespace oscillon
