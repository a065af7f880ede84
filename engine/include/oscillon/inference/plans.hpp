// The plans: ways to work a layer out, all of which give the same numbers, bit for bit.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace oscillon {

// PLAN(name, name in files and options, what it is and what it suits). The rest of a plan's row, in
// engine/inference/plans/, is made by NAME_plan(): whether it suits a layer, what it costs, how a
// layer is prepared for it.
#define OSCILLON_PLANS(PLAN)                                                                      \
  PLAN(semiring, "semiring", "the definition, step by step, on sparse tiles; for every network")  \
  PLAN(dense_tiles, "dense-tiles",                                                                \
       "the same GraphBLAS operations on tiles in which every value is stored; over plus-times, " \
       "without a positive bias or with one for every sample; never chosen by itself, for fused " \
       "does the same in less time")                                                              \
  PLAN(fused, "fused",                                                                            \
       "all steps in one vectorised pass over blocks of samples; over plus-times, for all rules " \
       "but stored entries that may be 0")

#define OSCILLON_PLAN_NAME(NAME, TEXT, SUITS) NAME,
enum class Plan {
  automatic,  // whichever of the others suits the layers and costs least
  OSCILLON_PLANS(OSCILLON_PLAN_NAME)
};
#undef OSCILLON_PLAN_NAME

struct PlanName {
  Plan plan;
  std::string_view name;
  std::string_view description;
};

// All plans but `automatic`.
std::span<const PlanName> plan_names();

// "automatic, semiring, dense-tiles or fused", for help and errors.
std::string plan_list();

// The plan of this name, `automatic` among them. Throws Error(Fault::usage) for another.
Plan plan_from_name(std::string_view name);
std::string_view name_of(Plan plan);

}  // namespace oscillon
