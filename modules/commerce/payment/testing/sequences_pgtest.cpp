#include "kernel/testing/seeded_random.hpp"
#include "modules/commerce/payment/domain/status.hpp"
#include "modules/commerce/payment/testing/payment_fixture.hpp"

namespace emporion::payment {
namespace {

using simulators::Fault;

// commerce.md §3.3, as pairs; the domain's own table is not asked.
constexpr std::string_view table =
    "created>requires_action created>processing created>authorized created>captured created>pending_collection created>failed "
    "requires_action>processing requires_action>authorized requires_action>captured requires_action>failed requires_action>expired requires_action>voided "
    "processing>requires_action processing>authorized processing>captured processing>failed processing>expired "
    "authorized>captured authorized>voided authorized>expired pending_collection>captured pending_collection>failed pending_collection>voided "
    "captured>partially_refunded captured>refunded partially_refunded>partially_refunded partially_refunded>refunded "
    "failed>authorized failed>captured expired>authorized expired>captured voided>authorized voided>captured";

/// Any commands and events, in any order, on the payments of one order, with a provider that misbehaves.
struct AnySequence : PaymentTest {
  AnySequence() {
    // Every status that was ever written is noted by the database itself.
    sql("CREATE TABLE seen_move (payment_id uuid, move text)");
    sql("CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
        "IF TG_OP = 'INSERT' THEN INSERT INTO seen_move VALUES (NEW.id, 'new>' || NEW.status); "
        "ELSIF OLD.status <> NEW.status THEN INSERT INTO seen_move VALUES (NEW.id, OLD.status || '>' || NEW.status); END IF; RETURN NULL; END $$");
    sql("CREATE TRIGGER note_move AFTER INSERT OR UPDATE ON payment FOR EACH ROW EXECUTE FUNCTION note_move()");
  }

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(picks.below(bound)); }
  template <typename T, std::size_t Count>
  const T& any(const std::array<T, Count>& choices) {
    return choices[below(Count)];
  }

  void new_order() {
    order_id = Uuid::v7(clock.now(), random);
    asked.clear();
  }
  void attempt() {
    constexpr std::array<const char*, 6> tokens{"pm_card_visa",       "pm_card_visa",           "pm_card_threeDSecure2Required",
                                                "pm_card_processing", "pm_card_chargeDeclined", "cod"};
    if (asked.size() >= 3) return;
    auto request = a_payment(any(tokens));
    request.order_id = order_id;
    request.attempt_no = static_cast<std::int32_t>(asked.size()) + 1;
    if (create(request)) asked.push_back(request);
  }
  std::optional<v1::Payment> one() {
    if (asked.empty()) return std::nullopt;
    return stored(asked[below(asked.size())].payment_id);
  }
  std::optional<std::string> intent() {
    const std::string ref = value("SELECT provider_ref FROM payment WHERE provider_ref IS NOT NULL ORDER BY random() LIMIT 1");
    return ref.empty() ? std::nullopt : std::optional(ref);
  }
  void give_back() {
    const auto payment = one();
    if (!payment) return;
    v1::RefundPaymentRequest request;
    request.id = payment->id;
    if (below(3) > 0) request.amount = Money(1 + static_cast<std::int64_t>(below(253'000)), Currency::of("VND"));
    request.source = v1::RefundSource::manual;
    request.reason = "any";
    (void)run(module().service.refund_payment(by("return", text("refund-", below(8))), request));
  }
  void report_cash() {
    if (asked.empty()) return;
    const auto& request = asked[below(asked.size())];
    const Money part(below(2) == 0 ? 253'000 : 1 + static_cast<std::int64_t>(below(253'000)), Currency::of("VND"));
    if (below(2) == 0) {
      shipping::v1::CodCollected event;
      event.shipment_id = Uuid::from_name(text(order_id, below(3)));
      event.order_id = request.order_id;
      event.amount = part;
      event.expected = below(3) == 0 ? request.amount : part;
      ASSERT_TRUE(hear(&EventHandlers::on_cod_collected, event));
    } else {
      shipping::v1::ShipmentReturnedToSender event;
      event.order_id = request.order_id;
      event.direction = "outbound";
      event.cod = part;
      ASSERT_TRUE(hear(&EventHandlers::on_returned_to_sender, event));
    }
  }
  void cancel_line() {
    order::v1::OrderLineCancelled line;
    line.order_id = order_id;
    line.line_no = 1;
    line.qty = 1;
    line.seq = static_cast<std::int32_t>(below(3));
    line.refund = Money(1 + static_cast<std::int64_t>(below(100'000)), Currency::of("VND"));
    line.reason = "any";
    ASSERT_TRUE(hear(&EventHandlers::on_line_cancelled, line));
  }
  void hear_old_news() {
    const auto& events = provider.events();
    if (!events.empty()) (void)deliver(std::string(events[below(events.size())]));
  }
  void spoil() {
    constexpr std::array<const char*, 6> operations{"create", "confirm", "capture", "cancel", "get", "refund"};
    constexpr std::array<Fault, 5> faults{Fault::lose_answer, Fault::error_500, Fault::error_500_after, Fault::busy, Fault::lose_request};
    provider.misbehave(any(operations), any(faults));
  }

  void step() {
    switch (below(14)) {
      case 0:
      case 1: return attempt();
      case 2:
      case 3:
        if (const auto payment = one()) (void)capture(payment->id);
        return;
      case 4:
        if (const auto payment = one()) (void)give_up(payment->id);
        return;
      case 5: return give_back();
      case 6:
        if (const auto ref = intent()) (void)provider.settle(*ref, below(3) > 0);
        return;
      case 7:
      case 8: return hear_old_news();
      case 9: return work(any(std::array<microseconds, 4>{seconds(6), minutes(2), minutes(20), hours(30)}));
      case 10: return report_cash();
      case 11: return below(4) == 0 ? cancel_line() : spoil();
      case 12:
        if (const auto ref = intent(); ref && below(3) == 0) (void)provider.lapse(*ref);
        return;
      default:
        if (below(4) == 0) ASSERT_TRUE(hear(&EventHandlers::on_order_cancelled, a_cancellation(order_id)));
    }
  }

  testing::SeededRandom picks = testing::SeededRandom::of_this_run();
  Uuid order_id;
  std::vector<v1::CreatePaymentRequest> asked;
};

TEST_F(AnySequence, OfCommandsAndEventsStaysInTheTableAndConservesMoney) {
  constexpr int orders = 24;
  constexpr int steps = 14;
  for (int i = 0; i < orders; ++i) {
    new_order();
    attempt();
    for (int j = 0; j < steps; ++j) {
      step();
      if (HasFatalFailure()) return;
    }
  }
  // All that is open comes to its end: banks decide, couriers do not report any more. Then all news is heard once more, newest first.
  for (const auto& row : sql("SELECT provider_ref FROM payment WHERE provider_ref IS NOT NULL ORDER BY id")) (void)provider.settle(*row[0], below(2) == 0);
  for (int round = 0; round < 12; ++round) work(round < 6 ? microseconds(minutes(10)) : microseconds(hours(48)));
  const auto events = provider.events();
  for (auto event = events.rbegin(); event != events.rend(); ++event) (void)deliver(*event);
  for (int round = 0; round < 12; ++round) work(hours(1));

  for (const auto& row : sql("SELECT DISTINCT move FROM seen_move WHERE move NOT LIKE 'new>%'")) {
    EXPECT_NE(text(" ", table, " ").find(text(" ", *row[0], " ")), std::string::npos) << *row[0] << " is not in the table";
  }
  EXPECT_EQ(value("SELECT string_agg(DISTINCT move, ' ') FROM seen_move WHERE move LIKE 'new>%' AND move NOT IN ('new>created', 'new>pending_collection')"),
            "null");
  expect_clean_audit();
  // What the provider holds of the buyers' money is what our books say.
  EXPECT_EQ(std::to_string(provider.ledger().balance()),
            value("SELECT COALESCE(sum(captured_amount - refunded_amount), 0)::text FROM payment WHERE provider = 'stripe'"));
  for (const auto& row : sql("SELECT id, to_jsonb(payment) FROM payment WHERE status = 'processing'")) {
    const auto shown = provider.ledger().of_payment(*row[0]);
    ADD_FAILURE() << *row[1] << " stays open; the provider shows " << (shown ? shown->status : "nothing");
  }
  std::printf("%s different moves of %s payments\n", value("SELECT count(DISTINCT move)::text FROM seen_move").c_str(), count("payment").c_str());
}

}  // namespace
}  // namespace emporion::payment
