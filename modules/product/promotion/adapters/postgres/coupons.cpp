#include "modules/product/promotion/adapters/postgres/coupons.hpp"

#include "kernel/base/text.hpp"
#include "kernel/postgres/answer_once.hpp"
#include "modules/product/promotion/adapters/postgres/pages.hpp"
#include "modules/product/promotion/app/terms.hpp"
#include "modules/product/promotion/domain/coupon_code.hpp"

namespace emporion::promotion {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement create_coupon{"promotion.create_coupon", "SELECT coupon_create($1::uuid, $2::uuid, $3::text, $4::jsonb, $5::timestamptz)", Effect::writes};
constexpr Statement update_coupon{"promotion.update_coupon", "SELECT coupon_update($1::uuid, $2::int8, $3::jsonb, $4::timestamptz)", Effect::writes};
constexpr Statement disable_coupon{"promotion.disable_coupon", "SELECT coupon_disable($1::uuid, $2::int8, $3::uuid)", Effect::writes};
constexpr Statement get_coupon{"promotion.get_coupon", "SELECT coupon_document(c) FROM coupon c WHERE c.code = $1::text"};
constexpr Statement list_coupons{"promotion.list_coupons", R"(
SELECT coupon_document(c), c.id FROM coupon c
 WHERE ($1::uuid IS NULL OR c.promotion_id = $1::uuid) AND ($2::uuid IS NULL OR c.batch_id = $2::uuid) AND ($3::uuid IS NULL OR c.id > $3::uuid) ORDER BY c.id LIMIT $4::int4)"};
constexpr Statement generate_coupons{"promotion.generate_coupons",
                                     "SELECT coupon_generate($1::uuid, $2::uuid, $3::text, $4::uuid[], $5::text[], $6::jsonb, $7::timestamptz, $8::uuid)",
                                     Effect::writes};
constexpr Statement get_batch{"promotion.get_batch", "SELECT coupon_batch_document($1::uuid)"};
constexpr Statement expire_coupons{"promotion.expire_coupons", "SELECT coupon_expire($1::timestamptz, 500)", Effect::writes};

constexpr int tries_max = 5;

}  // namespace

Task<Result<v1::Coupon>> Coupons::create(CallContext context, v1::CreateCouponRequest request) {
  EMP_CO_TRY(check_terms(request.terms));
  EMP_CO_ASSIGN(const auto code, canonical_code(request.code));
  const UtcTime now = clock_.now();
  auto statement = postgres::bind(create_coupon, Uuid::v7(now, random_), request.promotion_id, code, json::Raw{to_json(request.terms)}, now);
  co_return co_await postgres::answer_once<v1::Coupon>(database_, context, "promotion.create_coupon", std::move(request), std::move(statement));
}

Task<Result<v1::Coupon>> Coupons::update(v1::UpdateCouponRequest request) {
  EMP_CO_TRY(check_terms(request.terms));
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(update_coupon, request.id, request.version, json::Raw{to_json(request.terms)}, clock_.now()));
  co_return first_of<v1::Coupon>(rows, "COUPON_NOT_FOUND");
}

Task<Result<v1::Coupon>> Coupons::disable(CallContext context, v1::DeleteCouponRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(disable_coupon, request.id, request.version, context.trace));
  co_return first_of<v1::Coupon>(rows, "COUPON_NOT_FOUND");
}

Task<Result<v1::Coupon>> Coupons::get(v1::GetCouponRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_coupon, ascii_upper(trimmed(request.code))));
  co_return first_of<v1::Coupon>(rows, "COUPON_NOT_FOUND");
}

Task<Result<v1::ListCouponsResponse>> Coupons::list(v1::ListCouponsRequest request) {
  const auto size = request.page_size.value_or(postgres::page_size_default);
  EMP_CO_ASSIGN(const auto after, postgres::page_start(request.page_token));
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_coupons, request.promotion_id, request.batch_id, after, size + 1));
  v1::ListCouponsResponse out;
  EMP_CO_TRY(postgres::fill_page(rows, size, out.coupons, out.next_page_token));
  co_return out;
}

Task<Result<v1::CouponBatch>> Coupons::generate(CallContext context, v1::GenerateCouponsRequest request) {
  EMP_CO_TRY(check_terms(request.terms));
  const std::string prefix = ascii_upper(trimmed(request.prefix.value_or("")));
  if (!prefix.empty()) EMP_CO_TRY(canonical_code(text(prefix, "-0000")));
  const UtcTime now = clock_.now();
  const json::Raw terms{to_json(request.terms)};
  for (int tried = 1;; ++tried) {
    std::vector<Uuid> ids;
    std::vector<std::string> codes;
    for (std::int32_t i = 0; i < request.count; ++i) {
      ids.push_back(Uuid::v7(now, random_));
      codes.push_back(random_coupon_code(prefix, random_));
    }
    const auto shown_prefix = prefix.empty() ? std::nullopt : std::optional(prefix);
    auto statement = postgres::bind(generate_coupons, Uuid::v7(now, random_), request.promotion_id, shown_prefix, ids, codes, terms, now, context.trace);
    auto made = co_await postgres::answer_once<v1::CouponBatch>(database_, context, "promotion.generate_coupons", request, std::move(statement));
    // One of the codes is taken: others are.
    if (made || made.error().reason() != "UNIQUE_VIOLATION" || tried == tries_max) co_return made;
  }
}

Task<Result<v1::CouponBatch>> Coupons::batch(v1::GetCouponBatchRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_batch, request.id));
  co_return first_of<v1::CouponBatch>(rows, "BATCH_NOT_FOUND");
}

Task<Result<>> Coupons::expire(CallContext context) {
  static_cast<void>(context);
  for (std::int32_t expired = 500; expired >= 500;) {
    EMP_CO_ASSIGN(const auto rows, co_await database_.query(expire_coupons, clock_.now()));
    expired = rows[0].get<std::int32_t>(0);
  }
  co_return Result<>();
}

}  // namespace emporion::promotion
