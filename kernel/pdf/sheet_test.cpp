#include "kernel/pdf/sheet.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "kernel/base/text.hpp"

namespace emporion::pdf {
namespace {

Sheet a_sheet(int rows) {
  Sheet out;
  out.title = "Invoice EM-2026-000001";
  out.language = "vi";
  out.created_at = *UtcTime::parse("2026-11-29T01:02:03Z");
  out.sender = {"Cửa hàng Trà Việt", "1 Tràng Tiền", "Hà Nội"};
  out.heading = "Invoice";
  out.facts = {{"Number", "EM-2026-000001", true}, {"Date", "2026-11-29"}};
  out.boxes = {{"Bill to", {"Nguyễn Thị Hoa", "Phường Hàng Bạc"}}};
  out.items.columns = {{"#", 1, Align::right}, {"Item", 6, Align::left, true}, {"Amount", 2, Align::right}};
  for (int i = 1; i <= rows; ++i) out.items.rows.push_back({text(i), text("Áo dài đỏ, thêu tay, số ", i), text(i * 1000)});
  out.summary_title = "Taxes";
  out.summary.columns = {{"", 2}, {"Net", 1, Align::right}};
  out.summary.rows = {{"VAT 10%", "1,000"}};
  out.totals = {{"Subtotal", "900"}, {"Total", "1,000 VND", true}};
  out.notes = {"Thank you."};
  out.footer = "Cửa hàng Trà Việt";
  out.page_of = "Page {page} of {pages}";
  return out;
}

std::string drawn(const Sheet& sheet) {
  auto out = render(sheet);
  EXPECT_TRUE(out) << out.error().to_string();
  return out.value_or("");
}

/// What a reader sees, by poppler.
std::string text_of(const std::string& document) {
  const auto file = std::filesystem::temp_directory_path() / text("sheet_test.", ::getpid(), ".pdf");
  std::ofstream(file, std::ios::binary) << document;
  std::FILE* const pipe = ::popen(text("pdftotext -layout '", file.string(), "' -").c_str(), "r");
  std::string out;
  std::array<char, 4096> buffer;
  for (std::size_t count; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), count);
  EXPECT_EQ(::pclose(pipe), 0);
  std::filesystem::remove(file);
  return out;
}

int count_of(std::string_view text, std::string_view part) {
  int out = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++out;
  return out;
}

TEST(Sheet, SaysWhatItWasGivenInVietnamese) {
  const std::string document = drawn(a_sheet(2));
  EXPECT_TRUE(document.starts_with("%PDF-1.5"));
  const std::string seen = text_of(document);
  for (const char* part : {"Cửa hàng Trà Việt", "Nguyễn Thị Hoa", "Phường Hàng Bạc", "Áo dài đỏ, thêu tay, số 2", "EM-2026-000001", "1,000 VND", "Page 1 of 1"})
    EXPECT_NE(seen.find(part), std::string::npos) << part << seen;
}

TEST(Sheet, IsTheSameBytesOnAnyThread) {
  const Sheet sheet = a_sheet(80);
  const std::string first = drawn(sheet);
  std::string second, third;
  std::thread one([&] { second = drawn(sheet); });
  std::thread other([&] { third = drawn(a_sheet(80)); });
  one.join();
  other.join();
  EXPECT_EQ(first, second);
  EXPECT_EQ(first, third);
  EXPECT_NE(first.find("2026"), std::string::npos);
}

TEST(Sheet, RepeatsTheHeadOnEachPageAndLosesNoLine) {
  const std::string seen = text_of(drawn(a_sheet(2'000)));
  const int pages = count_of(seen, " of ");
  EXPECT_GT(pages, 30);
  EXPECT_EQ(count_of(seen, "\f"), pages);
  EXPECT_NE(seen.find(text("Page ", pages, " of ", pages)), std::string::npos);
  EXPECT_GE(count_of(seen, "Item"), pages - 1) << "the last page may hold the totals only";
  EXPECT_EQ(count_of(seen, "thêu tay, số"), 2'000);
}

TEST(Sheet, HoldsLongWordsWideAmountsAndOddBytes) {
  Sheet sheet = a_sheet(1);
  sheet.items.rows[0] = {"1", std::string(400, 'W') + "\n\x01<b>not bold</b>\xff", "1,000,000,000,000,000.00"};
  const std::string seen = text_of(drawn(sheet));
  EXPECT_NE(seen.find("1,000,000,000,000,000.00"), std::string::npos);
  EXPECT_NE(seen.find("<b>not bold</b>"), std::string::npos) << seen;
}

TEST(Sheet, LeavesABrokenLogoOut) {
  Sheet sheet = a_sheet(1);
  sheet.logo_png = "\x89PNG no picture";
  EXPECT_EQ(text_of(drawn(sheet)), text_of(drawn(a_sheet(1))));
}

}  // namespace
}  // namespace emporion::pdf
