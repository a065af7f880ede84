#include "solutions/problem.hpp"

namespace oscillon {

template <NetworkValue T>
Exactness is_exact(Problem<T>& problem, const InferenceOptions& options) {
  KeyedInference<T> answer = infer(problem.network, problem.inputs, options);
  Exactness result;
  result.profile = std::move(answer.profile);
  const auto difference = first_difference(answer.Y, problem.expected);
  result.exact = !difference;
  if (difference) {
    const auto text = [](const std::optional<T>& value) {
      return value ? std::to_string(*value) : std::string("nothing");
    };
    result.difference = "category " + in_quotes(difference->row) + " answers the inputs of " +
                        in_quotes(difference->column) + " with " + text(difference->left) +
                        " instead of " + text(difference->right);
  }
  return result;
}

template <NetworkValue T>
Problem<T> collapsed(const Problem<T>& problem) {
  return {problem.network.collapse().iterated(), problem.inputs, problem.expected};
}

#define OSCILLON_INSTANTIATE_PROBLEM(T)                              \
  template Exactness is_exact(Problem<T>&, const InferenceOptions&); \
  template Problem<T> collapsed(const Problem<T>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_PROBLEM)
#undef OSCILLON_INSTANTIATE_PROBLEM

}  // namespace oscillon
