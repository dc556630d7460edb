// How the history is read: every quirk of the file on a few lines of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "apps/emporion/retail/assortment.hpp"
#include "apps/emporion/retail/history.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app::retail {
namespace {

constexpr std::string_view header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

struct Read {
  std::vector<Invoice> invoices;
  std::optional<Error> error;
  Assortment assortment;
  std::vector<Figure> figures;

  std::int64_t figure(std::string_view key) const {
    const auto found = std::ranges::find(figures, key, &Figure::key);
    return found == figures.end() ? -1 : found->value;
  }
};

Read drained(Result<History> opened) {
  Read out;
  if (!opened) {
    out.error = opened.error();
    return out;
  }
  History history = std::move(*opened);
  history.on_row = [&out](const Row& row) { out.assortment.add(row); };
  for (;;) {
    auto invoice = history.next();
    if (!invoice) {
      out.error = invoice.error();
      break;
    }
    if (!*invoice) break;
    out.assortment.add(**invoice);
    out.invoices.push_back(std::move(**invoice));
  }
  out.figures = history.quirks().figures();
  for (auto& figure : out.assortment.figures()) out.figures.push_back(std::move(figure));
  return out;
}

Read read(std::string_view rows, History::Corrupt corrupt = History::Corrupt::refuse) { return drained(History::of_text(text(header, rows), corrupt)); }

const Assortment::Article& article(const std::vector<Assortment::Article>& articles, std::string_view code) {
  const auto found = std::ranges::find(articles, code, &Assortment::Article::code);
  EXPECT_NE(found, articles.end()) << code;
  return *found;
}

TEST(RetailCsv, reads_quoted_commas_and_quotes_and_both_line_ends) {
  const auto got = read(
      "536365,21523,\"DOORMAT, \"\"FANCY\"\" FONT\",2,2010-12-01T08:26:00,7.95,17850,United Kingdom\r\n"
      "536366,22633,HAND WARMER £1,6,2010-12-01T08:28:00,1.85,17850,United Kingdom");
  ASSERT_FALSE(got.error) << got.error->to_string();
  ASSERT_EQ(got.invoices.size(), 2u);
  const auto articles = got.assortment.articles();
  EXPECT_EQ(article(articles, "21523").name, "DOORMAT, \"FANCY\" FONT");
  EXPECT_EQ(article(articles, "22633").name, "HAND WARMER £1");
}

TEST(RetailCsv, refuses_a_corrupt_row_by_its_number) {
  struct Case {
    std::string_view row;
    std::string_view reason;
  };
  for (const auto& [row, reason] : std::initializer_list<Case>{
           {"536365,21523,A,2,2010-12-01T08:26:00,7.95,17850", "ROW_INVALID"},
           {"5363,21523,A,2,2010-12-01T08:26:00,7.95,17850,France", "ROW_INVALID"},
           {"536365,,A,2,2010-12-01T08:26:00,7.95,17850,France", "ROW_INVALID"},
           {"536365,21523,A,two,2010-12-01T08:26:00,7.95,17850,France", "ROW_INVALID"},
           {"536365,21523,A,0,2010-12-01T08:26:00,7.95,17850,France", "ROW_INVALID"},
           {"536365,21523,A,2,2010-02-30T08:26:00,7.95,17850,France", "ROW_INVALID"},
           {"536365,21523,A,2,2010-12-01T08:26:00,7.9555,17850,France", "ROW_INVALID"},
           {"536365,21523,A,2,2010-12-01T08:26:00,1e3,17850,France", "ROW_INVALID"},
           {"536365,21523,A,2,2010-12-01T08:26:00,7.95,1785X,France", "ROW_INVALID"},
           {"536365,21523,A,2,2010-12-01T08:26:00,7.95,17850,Atlantis", "ROW_INVALID"},
           {"536365,21523,\"A,2,2010-12-01T08:26:00,7.95,17850,France", "CSV_MALFORMED"},
           {"536365,21523,A\"B\",2,2010-12-01T08:26:00,7.95,17850,France", "CSV_MALFORMED"},
           {"536365,21523,\xC3\x28,2,2010-12-01T08:26:00,7.95,17850,France", "CSV_NOT_UTF8"},
       }) {
    const auto got = read(text("536364,21523,A,1,2010-12-01T08:20:00,7.95,17850,France\n", row, "\n"));
    ASSERT_TRUE(got.error) << row;
    EXPECT_EQ(got.error->reason(), reason) << row;
    EXPECT_TRUE(got.error->detail().contains("row 3")) << got.error->detail();
  }
}

TEST(RetailCsv, counts_corrupt_rows_and_goes_on_when_told_so) {
  const auto got = read(
      "536365,21523,A\"B,2,2010-12-01T08:26:00,7.95,17850,France\n536366,21523,A,2,2010-12-01T08:26:00,x,17850,France\n"
      "536367,21523,A,2,2010-12-01T08:26:00,1,17850,France\n",
      History::Corrupt::count);
  EXPECT_FALSE(got.error);
  EXPECT_EQ(got.figure("corrupt_rows"), 2);
  EXPECT_EQ(got.invoices.size(), 1u);
}

TEST(RetailCsv, refuses_other_columns_and_an_empty_file) {
  EXPECT_EQ(drained(History::of_text("a,b\n", History::Corrupt::refuse)).error->reason(), "CSV_COLUMNS");
  EXPECT_EQ(drained(History::of_text("", History::Corrupt::refuse)).error->reason(), "CSV_COLUMNS");
  EXPECT_EQ(drained(History::open("/nonexistent/file.csv", History::Corrupt::refuse)).error->reason(), "FILE_UNREADABLE");
}

TEST(RetailRow, prices_are_exact_decimals) {
  EXPECT_EQ(parse_price("2.55"), 2550);
  EXPECT_EQ(parse_price("18"), 18'000);
  EXPECT_EQ(parse_price("-11062.06"), -11'062'060);
  EXPECT_EQ(parse_price("0.001"), 1);
  for (const std::string_view bad : {"", "-", ".5", "5.", "1,5", "1.2345", "+1", "12345678901", "NaN", "0x1"}) EXPECT_FALSE(parse_price(bad)) << bad;
  // A third decimal is rounded half up.
  Row row;
  for (const auto& [thousandths, pence] :
       std::initializer_list<std::pair<std::int64_t, std::int64_t>>{{1, 0}, {4, 0}, {5, 1}, {2554, 255}, {2555, 256}, {-2555, -256}}) {
    row.price_thousandths = thousandths;
    EXPECT_EQ(row.price(), Money(pence, Currency::of("GBP"))) << thousandths;
  }
}

TEST(RetailRow, tells_sales_from_everything_else) {
  struct Case {
    std::string_view invoice, code;
    std::int32_t quantity;
    std::int64_t thousandths;
    LineKind kind;
  };
  for (const auto& c : std::initializer_list<Case>{
           {"536365", "85123A", 6, 2550, LineKind::sale},
           {"536365", "PADS", 1, 1, LineKind::free_goods},  // Rounds to nothing.
           {"536365", "PADS", 1, 5, LineKind::sale},
           {"536365", "DCGS0003", 1, 2460, LineKind::sale},
           {"578841", "84826", 12540, 0, LineKind::free_goods},
           {"536589", "21777", -10, 0, LineKind::write_off},
           {"C536379", "22556", -12, 1650, LineKind::cancellation},
           {"C536379", "D", -1, 27500, LineKind::charge},
           {"536365", "POST", 3, 18000, LineKind::charge},
           {"536365", "M", 1, 1000, LineKind::charge},
           {"536365", "GIFT_0001_20", 1, 16670, LineKind::charge},
           {"536365", "23444", 1, 15000, LineKind::charge},
           {"536365", "22016", 1, 83330, LineKind::charge},
           {"A563185", "B", 1, 11062060, LineKind::bad_debt},
       }) {
    Row row;
    row.invoice = c.invoice;
    row.code = c.code;
    row.quantity = c.quantity;
    row.price_thousandths = c.thousandths;
    EXPECT_EQ(row.kind(), c.kind) << c.invoice << ' ' << c.code << ' ' << c.thousandths;
  }
}

TEST(RetailInvoice, lower_case_codes_and_repeated_lines_are_one_item) {
  const auto got = read(
      "536592,47566b,PARTY,2,2010-12-01T17:06:00,1.25,,United Kingdom\n536592,47566B,PARTY,3,2010-12-01T17:06:00,2.5,,United Kingdom\n"
      "536592,47566B,PARTY,3,2010-12-01T17:07:00,2.5,,United Kingdom\n536592,47566B,PARTY,3,2010-12-01T17:07:00,2.5,,United Kingdom\n"
      "536592,22423,STAND,1,2010-12-01T17:07:00,12.75,,United Kingdom\n536592,DOT,DOTCOM POSTAGE,1,2010-12-01T17:07:00,607.49,,United Kingdom\n");
  ASSERT_EQ(got.invoices.size(), 1u);
  const auto items = items_of(got.invoices[0]);
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].code, "47566B");
  EXPECT_EQ(items[0].quantity, 11);
  EXPECT_EQ(got.figure("lower_case_lines"), 1);
  EXPECT_EQ(got.figure("repeated_rows"), 1);
  EXPECT_EQ(got.figure("extra_lines_of_a_code"), 3);
  EXPECT_EQ(got.figure("two_prices_in_invoice"), 1);
  EXPECT_EQ(got.figure("two_times"), 1);
  EXPECT_EQ(got.figure("site_orders"), 1);
  EXPECT_EQ(got.figure("guest_orders"), 1);
  EXPECT_EQ(got.figure("charge_lines_dot"), 1);
}

TEST(RetailInvoice, scattered_rows_are_put_together_within_the_window_and_refused_beyond) {
  std::string rows =
      "542806,21523,A,1,2011-02-01T10:00:00,1,12836,France\n542807,21523,A,1,2011-02-01T10:00:00,1,12836,France\n542806,21524,A,1,2011-02-01T10:00:00,1,12836,"
      "France\n";
  const auto got = read(rows);
  ASSERT_EQ(got.invoices.size(), 2u);
  EXPECT_EQ(got.invoices[0].lines.size(), 2u);
  EXPECT_EQ(got.figure("scattered_invoices"), 1);
  for (int i = 0; i < 70; ++i) rows += text(542900 + i, ",21523,A,1,2011-02-01T10:00:00,1,12836,France\n");
  rows += "542806,21525,A,1,2011-02-01T10:00:00,1,12836,France\n";
  EXPECT_EQ(read(rows).error->reason(), "INVOICE_SCATTERED");
  EXPECT_EQ(read("542806,21523,A,1,2011-02-01T10:00:00,1,12836,France\n542806,21523,A,1,2011-02-01T10:00:00,1,12837,France\n").error->reason(),
            "INVOICE_MIXED");
}

TEST(RetailAssortment, names_prices_and_customers_follow_the_most_frequent_priced_lines) {
  const auto got = read(
      "536365,23236,DOILEY TIN,1,2010-12-01T08:26:00,2.89,12370,Cyprus\n536366,23236,  STORAGE TIN ,5,2010-12-01T08:26:00,2.89,12370,Austria\n"
      "536367,23236,STORAGE TIN,7,2010-12-01T08:26:00,5.79,12371,EIRE\n536368,23236,STORAGE TIN,7,2010-12-01T08:26:00,5.79,12371,EIRE\n"
      "536369,23236,damaged,-9,2010-12-01T08:26:00,0,,Unspecified\n536370,23237,found,9,2010-12-01T08:26:00,0,,United Kingdom\n"
      "536371,23238,,9,2010-12-01T08:26:00,0,,United Kingdom\nC536372,23236,STORAGE TIN,-2,2010-12-01T08:26:00,2.89,18000,RSA\n");
  ASSERT_FALSE(got.error);
  const auto articles = got.assortment.articles();
  const auto& tin = article(articles, "23236");
  EXPECT_EQ(tin.name, "STORAGE TIN");
  EXPECT_EQ(tin.price_pence, 289);  // Two lines each: the lower one.
  EXPECT_EQ(tin.units_sold, 20);
  EXPECT_EQ(tin.order_max, 7);
  EXPECT_EQ(article(articles, "23237").name, "found");
  EXPECT_EQ(article(articles, "23237").price_pence, 0);
  EXPECT_EQ(article(articles, "23238").name, "23238");
  const auto customers = got.assortment.customers();
  ASSERT_EQ(customers.size(), 3u);
  EXPECT_EQ(customers[0].country, "CY");
  EXPECT_EQ(customers[1].country, "IE");
  EXPECT_EQ(got.figure("customers_with_two_countries"), 1);
  EXPECT_EQ(got.figure("customers_without_order"), 1);
  EXPECT_EQ(got.figure("write_off_units"), 9);
  EXPECT_EQ(got.figure("guessed_country_lines"), 1);
  EXPECT_EQ(got.assortment.countries(), (std::set<std::string, std::less<>>{"AT", "CY", "GB", "IE", "ZA"}));
}

/// The data lies beside the repository, not in it; without it the other tests on made-up rows are what is checked.
std::filesystem::path data_file(std::string_view name) {
  const char* const elsewhere = std::getenv("EMPORION_RETAIL_DATA");
  return (elsewhere != nullptr ? std::filesystem::path(elsewhere) : std::filesystem::path(EMPORION_SOURCE_DIR) / "../shared/data") / name;
}

TEST(RetailHistory, the_sample_reads_as_described) {
  const auto sample = data_file("online-retail-sample.csv.gz");
  if (!std::filesystem::exists(sample)) GTEST_SKIP() << sample << " is not there";
  const auto got = drained(History::open(sample.string(), History::Corrupt::refuse));
  ASSERT_FALSE(got.error) << got.error->to_string();
  // Source: data/README.md, "The sample".
  EXPECT_EQ(got.figure("rows"), 38'636);
  EXPECT_EQ(got.figure("sale_lines"), 38'063);
  EXPECT_EQ(got.figure("importable_orders"), 2'000);
  EXPECT_EQ(got.figure("cancellations"), 279);
  EXPECT_EQ(got.figure("cancellation_lines"), 573);
  EXPECT_EQ(got.figure("customers"), 1'119);
  EXPECT_EQ(got.figure("articles"), 2'548);
  EXPECT_EQ(got.figure("articles_with_several_prices"), 931);
  EXPECT_EQ(got.figure("articles_with_several_names"), 23);
  EXPECT_EQ(got.figure("repeated_rows"), 637);
  EXPECT_EQ(got.figure("quantity_max"), 74'215);
}

TEST(RetailHistory, the_year_reads_as_described) {
  const auto year = data_file("online-retail.csv.gz");
  if (!std::filesystem::exists(year)) GTEST_SKIP() << year << " is not there";
  const auto got = drained(History::open(year.string(), History::Corrupt::refuse));
  ASSERT_FALSE(got.error) << got.error->to_string();
  // Source: data/README.md; the letter in front is the quirk's number there.
  const std::pair<std::string_view, std::int64_t> described[] = {{"rows", 541'909},
                                                                 {"invoices", 25'900},
                                                                 {"orders", 22'061},
                                                                 {"importable_orders", 19'773},  //
                                                                 {"cancellations", 3'836},
                                                                 {"cancellation_lines", 9'288},
                                                                 {"bad_debt_invoices", 3},  // 1, 2
                                                                 {"write_off_lines", 1'336},
                                                                 {"write_off_units", 206'957},
                                                                 {"charge_lines", 3'042},  // 3, 4: 3,045 less the three of A
                                                                 {"no_customer_lines", 135'080},
                                                                 {"no_customer_invoices", 3'710},
                                                                 {"zero_price_lines", 2'515},
                                                                 {"empty_descriptions", 1'454},  // 5, 6
                                                                 {"lower_case_lines", 1'942},
                                                                 {"padded_descriptions", 113'452},
                                                                 {"articles_with_several_prices", 3'306},  // 7, 8, 9
                                                                 {"repeated_rows", 5'268},
                                                                 {"invoices_with_repeated_code", 2'864},
                                                                 {"extra_lines_of_a_code", 10'686},  // 10: 10,684 before the fold
                                                                 {"two_times", 43},
                                                                 {"scattered_invoices", 1},
                                                                 {"lines_per_invoice_max", 1'114},
                                                                 {"quantity_max", 80'995},  // 11, 12
                                                                 {"site_orders", 709},
                                                                 {"site_lines", 125'212},
                                                                 {"customers_with_two_countries", 8},
                                                                 {"customers", 4'372},  // 13, 14, 15
                                                                 {"customers_without_order", 33},
                                                                 {"trading_days", 305}};  // 15, 17
  for (const auto& [key, value] : described) EXPECT_EQ(got.figure(key), value) << key;
}

}  // namespace
}  // namespace emporion::app::retail
