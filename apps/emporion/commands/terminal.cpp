#include "apps/emporion/commands/terminal.hpp"

#include <unistd.h>

#include <cstdio>

#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

void print(std::string_view line) { std::fwrite(line.data(), 1, line.size(), stderr); }

}  // namespace

int report_failure(std::string_view what, const Error& error) {
  std::string line = text("emporion: ", what, ": ", error.detail(), " (", error.reason(), ")\n");
  for (char& c : line) {
    if (c == '\n' && &c != &line.back()) c = ' ';
  }
  print(line);
  return 1;
}

std::string grouped(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (std::size_t at = out.size(); at > 3;) {
    at -= 3;
    out.insert(at, 1, ',');
  }
  return out;
}

ProgressBar::ProgressBar(std::string label, std::string unit, std::uint64_t total)
    : label_(std::move(label)), unit_(std::move(unit)), total_(total), is_terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() { finish(); }

void ProgressBar::set(std::uint64_t done) {
  done_ = done;
  const int percent = total_ == 0 ? static_cast<int>(done_ / 10'000) : static_cast<int>(done_ * 100 / total_);
  const int step = is_terminal_ || total_ == 0 ? 1 : 10;
  if (percent / step == shown_) return;
  shown_ = percent / step;
  draw();
}

void ProgressBar::draw() {
  const std::string count =
      total_ == 0 ? text(grouped(done_), " ", unit_) : text(done_ * 100 / total_, " % (", grouped(done_), " of ", grouped(total_), " ", unit_, ")");
  if (!is_terminal_) return print(text(label_, " ", count, "\n"));
  std::string bar;
  if (total_ > 0) {
    const std::uint64_t filled = done_ * 30 / total_;
    for (std::uint64_t i = 0; i < 30; ++i) bar += i < filled ? "█" : "·";
    bar += ' ';
  }
  print(text("\r", label_, " ", bar, count, "\x1b[K"));
}

void ProgressBar::finish() {
  if (finished_) return;
  finished_ = true;
  if (is_terminal_ && shown_ >= 0) print("\n");
}

}  // namespace emporion::app
