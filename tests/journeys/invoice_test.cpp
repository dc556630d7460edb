#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "contracts/commerce/order/v1/invoice_api.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/testing/eventually.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"
#include "tests/simulators/smtp/smtp_simulator.hpp"

namespace emporion::journeys {
namespace {

using http::Method;

struct InvoicedPurchase : ::testing::Test {
  static void SetUpTestSuite() {
    server = std::make_unique<simulators::SmtpSimulator>();
    shop = std::make_unique<ShopProcess>(text(
        "mail:\n  from:\n    name: Trà Việt\n    address: shop@example.com\n  smtp:\n    host: 127.0.0.1\n    encryption: none\n    port: ", server->port(),
        "\norder:\n  invoice:\n    house:\n      name: Trà Việt\n      tax_id: \"0101234567\"\n      time_zone: Asia/Ho_Chi_Minh\n"
        "      address:\n        - 1 Tràng Tiền\n        - Hà Nội\n"));
    shop->start();
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(shop->stop(), 0);
    shop.reset();
    server.reset();
  }
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  /// Buys two packets of tea as a guest; answers the order's id.
  std::string buy(Buyer& guest, const std::string& name) {
    const auto prepared = run(guest.prepare("TEA-JASMINE-100", 2, name));
    EXPECT_EQ(prepared.status, 200) << prepared.body;
    const auto confirmed = run(guest.confirm("buy-" + name));
    EXPECT_EQ(confirmed.status, 201) << confirmed.body;
    return member_of(confirmed.body, "order_id");
  }
  /// The order's invoice, once it is there.
  order::v1::Invoice invoice_of(Buyer& guest, const std::string& order_id) {
    Reply reply;
    EXPECT_TRUE(testing::eventually(
        runtime,
        [&] {
          reply = run(guest.call(Method::get, "/api/v1/orders/" + order_id + "/invoices"));
          return !member_of(reply.body, "invoices.0.id").empty();
        },
        [&] { return text(reply.status, " ", reply.body); }, seconds(20)));
    const auto list = parse_json<order::v1::ListOrderInvoicesResponse>(reply.body);
    EXPECT_TRUE(list) << reply.body;
    return list && !list->invoices.empty() ? list->invoices[0] : order::v1::Invoice();
  }
  /// What a reader sees, by poppler.
  std::string text_of(const std::string& document) {
    const auto file = shop->home() / "seen.pdf";
    std::ofstream(file, std::ios::binary) << document;
    std::FILE* const pipe = ::popen(text("pdftotext -layout '", file.string(), "' -").c_str(), "r");
    std::string out;
    std::array<char, 4096> buffer;
    for (std::size_t count; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), count);
    EXPECT_EQ(::pclose(pipe), 0);
    return out;
  }

  static std::unique_ptr<simulators::SmtpSimulator> server;
  static std::unique_ptr<ShopProcess> shop;
  Runtime runtime;
  http::Client client{runtime};
};
std::unique_ptr<simulators::SmtpSimulator> InvoicedPurchase::server;
std::unique_ptr<ShopProcess> InvoicedPurchase::shop;

TEST_F(InvoicedPurchase, AGuestDownloadsTheInvoiceAndAnotherGuestDoesNot) {
  Buyer guest(client, shop->url());
  const std::string order_id = buy(guest, "mai");
  const auto invoice = invoice_of(guest, order_id);
  EXPECT_TRUE(invoice.number.starts_with("EM-")) << invoice.number;
  EXPECT_EQ(invoice.totals.grand_total, guest.total());

  const std::string path = text("/api/v1/invoices/", invoice.id);
  const auto pdf = run(guest.call(Method::get, path + "/pdf"));
  ASSERT_EQ(pdf.status, 200) << pdf.body;
  EXPECT_TRUE(pdf.body.starts_with("%PDF"));
  const std::string seen = text_of(pdf.body);
  for (const std::string& part : {invoice.number, std::string("TEA-JASMINE-100"), std::string("130,000"), std::string("Trà Việt"), std::string("0101234567"),
                                  std::string("Mai Tran"), invoice.order_number}) {
    EXPECT_NE(seen.find(part), std::string::npos) << part << "\n" << seen;
  }
  std::string total = std::to_string(guest.total().amount());
  for (int at = static_cast<int>(total.size()) - 3; at > 0; at -= 3) total.insert(static_cast<std::size_t>(at), ",");
  EXPECT_NE(seen.find(total + " VND"), std::string::npos) << total << "\n" << seen;
  EXPECT_EQ(run(guest.call(Method::get, path + "/pdf")).body, pdf.body) << "the same document each time";

  Buyer stranger(client, shop->url());
  EXPECT_EQ(run(stranger.call(Method::get, path)).status, 404);
  buy(stranger, "stranger");  // With a cart and an order of their own.
  for (const char* suffix : {"", "/pdf"}) {
    const auto peeked = run(stranger.call(Method::get, path + suffix));
    EXPECT_EQ(peeked.status, 404) << peeked.body;
    EXPECT_EQ(peeked.reason, "INVOICE_NOT_FOUND");
  }
  EXPECT_EQ(run(stranger.call(Method::post, path + "/send", "{}", "peek")).status, 404);
  EXPECT_EQ(run(stranger.call(Method::get, "/api/v1/orders/" + order_id + "/invoices")).reason, "ORDER_NOT_FOUND");
  EXPECT_EQ(run(stranger.call(Method::get, "/api/v1/invoices")).status, 401);
}

TEST_F(InvoicedPurchase, TheInvoiceIsMailedAndAgainOnDemandThreeTimesAnHour) {
  Buyer guest(client, shop->url());
  const auto invoice = invoice_of(guest, buy(guest, "hoa"));
  const auto mails_of = [&] {
    std::vector<simulators::TakenMail> out;
    for (const auto& mail : server->mails()) {
      if (mail.recipient == "hoa@example.com") out.push_back(mail);
    }
    return out;
  };
  EXPECT_TRUE(testing::eventually(runtime, [&] { return mails_of().size() == 1; }, [&] { return text(mails_of().size(), " mails"); }, seconds(30)));
  EXPECT_EQ(mails_of()[0].header("Message-ID"), text("<invoice.", invoice.id, ".0@example.com>"));
  EXPECT_NE(mails_of()[0].data.find(invoice.number + ".pdf"), std::string::npos);

  const std::string path = text("/api/v1/invoices/", invoice.id, "/send");
  const auto first = run(guest.call(Method::post, path, "{}", "again-1"));
  ASSERT_EQ(first.status, 201) << first.body;
  EXPECT_EQ(run(guest.call(Method::post, path, "{}", "again-1")).body, first.body);
  EXPECT_EQ(run(guest.call(Method::post, path, "{}", "again-2")).status, 201);
  EXPECT_EQ(run(guest.call(Method::post, path, "{}", "again-3")).status, 201);
  const auto refused = run(guest.call(Method::post, path, "{}", "again-4"));
  EXPECT_EQ(refused.status, 429) << refused.body;
  EXPECT_EQ(refused.reason, "RATE_LIMITED");
  EXPECT_TRUE(testing::eventually(runtime, [&] { return mails_of().size() == 4; }, [&] { return text(mails_of().size(), " mails"); }, seconds(30)));
  EXPECT_TRUE(server->client_faults().empty());
  EXPECT_EQ(shop->audit(), 0) << shop->audit_report();
}

}  // namespace
}  // namespace emporion::journeys
