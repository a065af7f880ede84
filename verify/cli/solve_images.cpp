// `oscillon solve images`: tells the images of an IDX file apart.
#include <algorithm>

#include "engine/io/atomic_file.hpp"
#include "oscillon/io/keyed_tsv.hpp"
#include "oscillon/solutions/images.hpp"
#include "verify/cli/solve.hpp"

namespace oscillon::cli {

namespace {

struct ImagesOptions : SolveOptions {
  std::string file, labels, blocks, pairs;
  std::vector<std::string> partitions;
  Index count = 0;
  ImageOptions image;
  bool drop = false;
};

int solve_images(const ImagesOptions& options, const std::stop_token& stop) {
  if (!options.pairs.empty()) {
    require_distinct(options.pairs, {options.file, options.labels});
    require_creatable(options.pairs);
  }
  const IdxImages file = read_idx_images(options.file);
  const auto labels =
      options.labels.empty() ? std::vector<std::uint8_t>{} : read_idx_labels(options.labels);
  ImageSets images = image_sets(file, labels, options.count, options.image);
  const Domination found = find_domination(images, options.threads);

  SolveReport report(options, stop);
  report.add_line(grouped(images.categories.size()) + " images: " + grouped(found.duplicates) +
                  " equal to one before, " + grouped(found.pairs.size()) +
                  " pairs of which one's pixels are all lit in the other, " +
                  grouped(found.kept.size()) + " images left without the dominated");
  constexpr std::size_t most_shown = 5;
  for (std::size_t i = 0; i < std::min(most_shown, found.pairs.size()); ++i) {
    report.add_line("  " + std::string(images.categories[found.pairs[i].first]) + " within " +
                    std::string(images.categories[found.pairs[i].second]));
  }
  if (found.pairs.size() > most_shown) {
    report.add_line("  and " + grouped(found.pairs.size() - most_shown) +
                    " more; --pairs writes them to a file");
  }
  report.add_record("images", images.categories.size());
  report.add_record("duplicates", found.duplicates);
  report.add_record("contained_pairs", found.pairs.size());
  report.add_record("kept", found.kept.size());
  if (!options.pairs.empty()) {
    AtomicFile pairs(options.pairs);
    for (const auto& [inner, outer] : found.pairs) {
      pairs.append(std::string(images.categories[inner]) + "\t" +
                   std::string(images.categories[outer]) + "\n");
    }
    pairs.commit();
  }
  if (options.drop) images = only(images, found.kept);
  std::vector<Partition> hidden;
  if (!options.blocks.empty()) hidden = parse_blocks(options.blocks, images);
  for (const std::string& path : options.partitions) {
    const AssocArray<bool> partition = read_array<bool>(path);
    try {
      hidden.push_back(partition_of(partition, images));
    } catch (const Error& error) {
      throw ParseError(path, 0, 0, error.what());
    }
  }
  return solve(report, [&]<class T>() { return image_problem<T>(images, hidden, options.betas); });
}

}  // namespace

void add_solve_images(CLI::App& solve, Action& action) {
  auto* app = solve.add_subcommand("images", "Tell the images of an IDX file apart by lit pixels");
  auto options = std::make_shared<ImagesOptions>();
  app->add_option("FILE", options->file, "Grey images as an IDX file, also .gz")
      ->check(some_path())
      ->required();
  app->add_option("--labels", options->labels, "Their labels, for the keys: an IDX file, also .gz")
      ->check(some_path());
  app->add_option("--count", options->count, "Take only the first images; 0 takes all")
      ->check(whole_number(0, most_samples))
      ->capture_default_str();
  app->add_option("--trim", options->image.trim, "Rows and columns taken off each side")
      ->check(whole_number(0, 1000))
      ->capture_default_str();
  app->add_option("--threshold", options->image.threshold,
                  "A pixel is lit above this share of the greatest value")
      ->check(finite_number())
      ->capture_default_str();
  auto* blocks =
      app->add_option("--blocks", options->blocks,
                      "Hidden layers of pixel blocks, height x width, such as \"2x2,6x6\"")
          ->check(some_path());
  app->add_option("--partition", options->partitions,
                  "Hidden layers by files of keyed triples instead: pixel, block, 1")
      ->check(some_path())
      ->delimiter(',')
      ->excludes(blocks);
  app->add_flag("--drop", options->drop, "Leave out images whose pixels are all lit in another");
  app->add_option("--pairs", options->pairs,
                  "File to write the contained pairs to: inner, tab, outer")
      ->check(some_path());
  add_solve_options(*app, *options);
  add_example(*app,
              "oscillon solve images train-images-idx3-ubyte.gz \\\n"
              "      --labels train-labels-idx1-ubyte.gz --drop");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) { return solve_images(*options, stop); };
  });
}

}  // namespace oscillon::cli
