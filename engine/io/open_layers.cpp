#include "oscillon/io/open_layers.hpp"

#include "engine/io/challenge_files.hpp"
#include "engine/io/input_file.hpp"
#include "oscillon/base/thread_team.hpp"
#include "oscillon/io/bundle.hpp"
#include "oscillon/io/network_folder.hpp"

namespace oscillon {

namespace {

// Whether every value of `held` is one of `holder`.
bool holds_all(const ValueTypeRow& holder, const ValueTypeRow& held) {
  return (holder.exponent_bits > 0) == (held.exponent_bits > 0) &&
         holder.precision >= held.precision && holder.exponent_bits >= held.exponent_bits;
}

}  // namespace

bool is_bundle(const std::string& path) {
  return path.ends_with(".safetensors");
}

bool is_network_folder(const std::string& path) {
  return file_exists(path + "/network.json");
}

template <NetworkValue T>
std::unique_ptr<LayerSource<T>> open_layers(const std::string& path,
                                            const std::optional<LayerFiles<T>>& files) {
  if (is_bundle(path)) return std::make_unique<BundleSource<T>>(path);
  if (!files || is_network_folder(path)) {
    return std::make_unique<Network<T>>(read_network_folder<T>(path));
  }
  return std::make_unique<challenge::FolderSource<T>>(path, *files);
}

template <NetworkValue T>
Network<T> in_memory(const LayerSource<T>& source, int threads) {
  std::vector<std::shared_ptr<const Layer<T>>> layers(source.depth());
  const SingleThreadedGraphblas one_thread_a_layer;
  run_tasks(layers.size(), threads, [&](std::size_t l) { layers[l] = source.layer(l); });
  return Network<T>(std::move(layers));
}

std::string network_type_of(const std::string& path) {
  if (!is_bundle(path)) return network_value_type(path);
  const ValueTypeRow& stored = row_of(bundle_value_type(path));
  const ValueTypeRow* least = nullptr;
  const auto consider = [&]<class T>() {
    const ValueTypeRow& row = row_of(value_type_of<T>());
    if (holds_all(row, stored) && (least == nullptr || row.bytes < least->bytes)) least = &row;
  };
#define OSCILLON_CONSIDER(T) consider.template operator()<T>();
  OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_CONSIDER)
#undef OSCILLON_CONSIDER
  return std::string(least->name);
}

#define OSCILLON_INSTANTIATE_OPEN_LAYERS(T)                                                  \
  template std::unique_ptr<LayerSource<T>> open_layers(const std::string&,                   \
                                                       const std::optional<LayerFiles<T>>&); \
  template Network<T> in_memory(const LayerSource<T>&, int);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_OPEN_LAYERS)
#undef OSCILLON_INSTANTIATE_OPEN_LAYERS

}  // namespace oscillon
