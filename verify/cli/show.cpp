// `oscillon show`: an associative array as a labelled table.
#include <sys/ioctl.h>
#include <unistd.h>

#include <filesystem>

#include "oscillon/algebra/table.hpp"
#include "oscillon/io/keyed_tsv.hpp"
#include "verify/cli/command.hpp"
#include "verify/figures/spy.hpp"

namespace oscillon::cli {

namespace {

// How the rows or the columns to show are chosen; at most one of the three.
struct SelectionOptions {
  std::vector<std::string> list;
  std::vector<std::string> range;
  std::string prefix;

  void add_to(CLI::App& app, const std::string& what) {
    auto* by_list =
        app.add_option("--" + what + "s", list, "Only these " + what + " keys, as a,b,c")
            ->delimiter(',');
    auto* by_range = app.add_option("--" + what + "-range", range,
                                    "Only the " + what + " keys from FIRST to LAST, both included")
                         ->expected(2);
    auto* by_prefix = app.add_option("--" + what + "-prefix", prefix,
                                     "Only the " + what + " keys that begin with this");
    by_list->excludes(by_range)->excludes(by_prefix);
    by_range->excludes(by_prefix);
  }

  Selection selection() const {
    if (!list.empty()) return keys(list);
    if (!range.empty()) return key_range(range[0], range[1]);
    if (!prefix.empty()) return key_prefix(prefix);
    return all_keys();
  }
};

struct ShowOptions : CommonOptions {
  std::string file;
  SelectionOptions rows, columns;
  std::size_t width = 0;
  std::size_t height = 0;
  bool transpose = false;
  bool spy = false;
  std::string plot;
};

template <Value T>
TableOptions<T> fitted(const ShowOptions& options) {
  TableOptions<T> table;
  winsize terminal{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &terminal) == 0 && terminal.ws_col > 0) {
    table.width = terminal.ws_col;
    table.height = terminal.ws_row;
  }
  if (options.width > 0) table.width = options.width;
  if (options.height > 0) table.height = options.height;
  return table;
}

template <Value T>
int show(const ShowOptions& options) {
  AssocArray<T> array = read_array<T>(options.file);
  array = array.select(options.rows.selection(), options.columns.selection());
  if (options.transpose) array = array.transposed();
  if (!options.plot.empty()) {
    require_distinct(options.plot, {options.file});
    figures::draw_spy(options.plot, array, std::filesystem::path(options.file).stem().string());
    return exit_ok;
  }
  const TableOptions<T> size = fitted<T>(options);
  print(options.spy ? figures::spy_text(array, size.width, size.height) : table(array, size));
  return exit_ok;
}

}  // namespace

void add_show(CLI::App& program, Action& action) {
  auto* app = program.add_subcommand("show", "Show an associative array as a labelled table");
  auto options = std::make_shared<ShowOptions>();
  app->add_option("FILE", options->file,
                  "Keyed triples, one `row column value` a line: .tsv or .csv, also .gz")
      ->check(some_path())
      ->required();
  options->precision = GraphblasType<double>::name;
  add_precision_option(*app, *options);
  options->rows.add_to(*app, "row");
  options->columns.add_to(*app, "column");
  app->add_flag("--transpose", options->transpose, "Exchange rows and columns");
  app->add_option("--width", options->width, "Columns of text; 0 takes the terminal's, or 80")
      ->check(whole_number(0, 1'000'000));
  app->add_option("--height", options->height, "Lines of text; 0 takes the terminal's, or 24")
      ->check(whole_number(0, 1'000'000));
  auto* spy = app->add_flag("--spy", options->spy, "Show where the entries are, not their values");
  app->add_option("--plot", options->plot,
                  "Draw where the entries are, with every key of a small array: .svg or .png, "
                  "through gnuplot")
      ->check(some_path())
      ->excludes(spy);
  add_example(*app, "oscillon show words/layer-0-weights.tsv --row-prefix a");
  app->callback([options, &action] {
    action = [options](const std::stop_token&) {
      return with_precision(options->precision, [&]<class T>() { return show<T>(*options); });
    };
  });
}

}  // namespace oscillon::cli
