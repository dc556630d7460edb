#include "modules/commerce/order/testing/order_fixture.hpp"

namespace emporion::order {
namespace {

struct PersonalDataTest : OrderTest {
  /// An order whose every free text and address tells of a person, cancelled by its owner.
  v1::CreateOrderRequest a_telling_order(std::optional<Uuid> customer) {
    auto request = an_order(2);
    request.customer_id = customer;
    request.contact.phone = "+84 912 345 678";
    request.shipping_address.phone = request.contact.phone;
    request.shipping_address.region_code = "VN-HN";
    request.shipping_address.postal_code = "100000";
    request.billing_address = request.shipping_address;
    EXPECT_TRUE(create(request));
    EXPECT_TRUE(confirm(request));
    const auto caller =
        customer ? as(Realm::customer, *customer, text(request.order_id)) : as(Realm::staff, Uuid::from_name("support"), text(request.order_id));
    v1::ChangeShippingAddressRequest move;
    move.id = request.order_id;
    move.address = request.shipping_address;
    move.address.line1 = "2 Tràng Tiền, door code Hoa1990";
    EXPECT_TRUE(run(service.change_shipping_address(caller, move)));
    v1::AddNoteRequest note;
    note.id = request.order_id;
    note.text = "Hoa called";
    EXPECT_TRUE(run(service.add_note(as(Realm::staff, Uuid::from_name("support"), text(request.order_id)), note)));
    v1::CancelOrderRequest cancel;
    cancel.id = request.order_id;
    cancel.reason = "Hoa moved";
    EXPECT_TRUE(run(service.cancel_order(caller, cancel)));
    return request;
  }
  /// Everything that the module's own tables say, save the outbox, whose events were told already and leave with their partition.
  std::string all_text() {
    std::string out;
    for (const char* table :
         {"order_header", "order_line", "order_shipment_group", "order_status_history", "order_edit_history", "order_note", "order_birth"}) {
      out += value(text("SELECT COALESCE(string_agg(t::text, ' '), '') FROM ", table, " t"));
    }
    return out;
  }
  std::string amounts() {
    return value(
               "SELECT string_agg(concat_ws(' ', order_number, subtotal, discount, shipping, tax, grand_total, currency, placed_at, confirmed_at, "
               "cancelled_at, shipping_address ->> 'country', "
               "shipping_address ->> 'region_code', status), ';' ORDER BY id) FROM order_header") +
           value("SELECT string_agg(concat_ws(' ', sku, qty, unit_price, tax, total), ';' ORDER BY order_id, line_no) FROM order_line");
  }
  static void expect_no_person(const std::string& all) {
    for (const char* telling : {"Hoa", "Tràng", "buyer@", "912 345", "912345", "Hà Nội", "100000", "door"})
      EXPECT_EQ(all.find(telling), std::string::npos) << telling;
  }
};

TEST_F(PersonalDataTest, ErasureTakesThePersonOutAndKeepsTheAmounts) {
  const Uuid customer = Uuid::from_name("hoa");
  const Uuid pseudonym = Uuid::from_name("nobody");
  const auto mine = a_telling_order(customer);
  const std::string before = amounts();
  ASSERT_NE(all_text().find("Hoa"), std::string::npos);
  const ErasureNews news{.customer_id = customer, .erasure_id = Uuid::from_name("erasure"), .pseudonym = pseudonym};
  ASSERT_TRUE(hear_news(personal_data, &PersonalData::on_customer_erased, "customer.customer.erased", news));
  expect_no_person(all_text());
  EXPECT_EQ(all_text().find(customer.to_string()), std::string::npos) << "no row leads back to the customer";
  EXPECT_EQ(amounts(), before);
  EXPECT_EQ(value("SELECT customer_id::text FROM order_header"), pseudonym.to_string());
  const auto applied = parse_json<v1::OrderErasureApplied>(value("SELECT data FROM outbox WHERE topic = 'order.erasure.applied'"));
  ASSERT_TRUE(applied) << applied.error().to_string();
  EXPECT_EQ(applied->pseudonym, pseudonym);
  // The order reads as ever, and what it tells from now on has no person in it.
  v1::GetOrderRequest get;
  get.id = mine.order_id;
  const auto order = run(service.get_order(by("payment"), get));
  ASSERT_TRUE(order) << order.error().to_string();
  EXPECT_EQ(order->contact.email, masked_email);
  EXPECT_EQ(order->shipping_address.country, "VN");
  expect_no_person(value(text("SELECT order_facts(h) FROM order_header h WHERE id = '", mine.order_id, "'")));
  // A redelivery masks nothing again.
  const std::string version = value("SELECT version FROM order_header");
  ASSERT_TRUE(hear_news(personal_data, &PersonalData::on_customer_erased, "customer.customer.erased", news));
  EXPECT_EQ(value("SELECT version FROM order_header"), version);
}

TEST_F(PersonalDataTest, ErasureOfOneLeavesTheOthers) {
  const auto mine = a_telling_order(Uuid::from_name("hoa"));
  const auto other = a_telling_order(Uuid::from_name("lan"));
  ASSERT_TRUE(hear_news(personal_data, &PersonalData::on_customer_erased, "customer.customer.erased",
                        ErasureNews{Uuid::from_name("hoa"), Uuid::from_name("e"), Uuid::from_name("nobody")}));
  EXPECT_EQ(value(text("SELECT contact_email FROM order_header WHERE id = '", mine.order_id, "'")), masked_email);
  EXPECT_EQ(value(text("SELECT contact_email FROM order_header WHERE id = '", other.order_id, "'")), "buyer@example.test");
  EXPECT_EQ(value(text("SELECT count(*) FROM order_note WHERE note = 'Hoa called' AND order_id = '", other.order_id, "'")), "1");
}

TEST_F(PersonalDataTest, GuestsAreMaskedTwoYearsAfterTheirOrderAndCustomersAreNot) {
  const auto guest = a_telling_order(std::nullopt);
  const auto customer = a_telling_order(Uuid::from_name("lan"));
  const std::string before = amounts();
  clock.move(hours(24 * 365 * 2) - hours(1));
  ASSERT_TRUE(run(personal_data.mask_guests(by("order"))));
  EXPECT_EQ(value("SELECT count(*) FROM order_header WHERE masked_at IS NOT NULL"), "0");
  clock.move(hours(2));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(personal_data.mask_guests(by("order"))));
  EXPECT_EQ(value(text("SELECT contact_email || customer_id IS NULL FROM order_header WHERE id = '", guest.order_id, "'")), "t");
  EXPECT_EQ(value(text("SELECT contact_email FROM order_header WHERE id = '", guest.order_id, "'")), masked_email);
  EXPECT_EQ(value(text("SELECT contact_email FROM order_header WHERE id = '", customer.order_id, "'")), "buyer@example.test");
  EXPECT_EQ(amounts(), before);
  // The histories are append-only for everyone else, as before.
  EXPECT_EQ(value("CREATE OR REPLACE FUNCTION pg_temp.try_it() RETURNS text LANGUAGE plpgsql AS $$ BEGIN UPDATE order_status_history SET reason = 'x'; RETURN "
                  "'changed'; EXCEPTION WHEN raise_exception "
                  "THEN RETURN SQLERRM; END $$; SELECT pg_temp.try_it()"),
            "order history is append-only");
}

}  // namespace
}  // namespace emporion::order
