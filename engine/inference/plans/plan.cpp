#include "engine/inference/plans/plan.hpp"

#include <algorithm>
#include <array>

#include "engine/base/caches.hpp"

namespace oscillon {

namespace {

#define OSCILLON_PLAN_NAME(NAME, TEXT, DESCRIPTION) PlanName{Plan::NAME, TEXT, DESCRIPTION},
constexpr std::array names{OSCILLON_PLANS(OSCILLON_PLAN_NAME)};
#undef OSCILLON_PLAN_NAME
constexpr std::string_view automatic_name = "automatic";

}  // namespace

std::span<const PlanName> plan_names() {
  return names;
}

std::string plan_list() {
  std::string list(automatic_name);
  for (const PlanName& one : names) {
    list += (one.plan == names.back().plan ? " or " : ", ") + std::string(one.name);
  }
  return list;
}

Plan plan_from_name(std::string_view name) {
  if (name == automatic_name) return Plan::automatic;
  for (const PlanName& one : names) {
    if (name == one.name) return one.plan;
  }
  throw Error(Fault::usage, "no plan is called " + in_quotes(name) + ": there are " + plan_list());
}

std::string_view name_of(Plan plan) {
  for (const PlanName& one : names) {
    if (plan == one.plan) return one.name;
  }
  return automatic_name;
}

namespace plans {

template <NetworkValue T>
const PlanRow<T>& row_of(Plan plan) {
#define OSCILLON_PLAN_ROW(NAME, TEXT, DESCRIPTION) NAME##_plan<T>(),
  static const std::array rows{OSCILLON_PLANS(OSCILLON_PLAN_ROW)};
#undef OSCILLON_PLAN_ROW
  return rows.at(static_cast<std::size_t>(plan) - 1);
}

template <NetworkValue T>
Index samples_of_a_block(Index rows) {
  constexpr Index lanes = Block<T>::lanes;
  constexpr Index most_row_bytes = 512;  // what the kernel takes of a row at a time
  const Index block_bytes = caches().second_level / 2;
  const Index fitting = block_bytes / (std::max<Index>(rows, 1) * sizeof(T));
  return std::clamp<Index>(fitting / lanes * lanes, lanes, most_row_bytes / sizeof(T));
}

#define OSCILLON_INSTANTIATE_PLANS(T)         \
  template const PlanRow<T>& row_of<T>(Plan); \
  template Index samples_of_a_block<T>(Index);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_PLANS)
#undef OSCILLON_INSTANTIATE_PLANS

}  // namespace plans

}  // namespace oscillon
