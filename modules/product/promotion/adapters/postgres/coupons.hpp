#pragma once

#include "kernel/base/random.hpp"
#include "modules/product/promotion/app/stores.hpp"

namespace emporion::promotion {

/// What staff does to coupons. A code is unique for all time.
class Coupons {
 public:
  Coupons(postgres::Database& database, const Clock& clock, Random& random) : database_(database), clock_(clock), random_(random) {}

  Task<Result<v1::Coupon>> create(CallContext context, v1::CreateCouponRequest request);
  Task<Result<v1::Coupon>> update(v1::UpdateCouponRequest request);
  Task<Result<v1::Coupon>> disable(CallContext context, v1::DeleteCouponRequest request);
  Task<Result<v1::Coupon>> get(v1::GetCouponRequest request);
  Task<Result<v1::ListCouponsResponse>> list(v1::ListCouponsRequest request);
  Task<Result<v1::CouponBatch>> generate(CallContext context, v1::GenerateCouponsRequest request);
  Task<Result<v1::CouponBatch>> batch(v1::GetCouponBatchRequest request);
  /// Marks those whose window closed.
  Task<Result<>> expire(CallContext context);

 private:
  postgres::Database& database_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::promotion
