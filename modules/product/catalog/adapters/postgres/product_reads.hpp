#pragma once

#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::catalog {

/// Reads of products and pictures, one statement each. Guests and customers see active products only; to them all others are not there.
class ProductReads {
 public:
  explicit ProductReads(postgres::Database& database) : database_(database) {}

  Task<Result<v1::ListProductsResponse>> list(CallContext context, v1::ListProductsRequest request);
  Task<Result<v1::Product>> get(CallContext context, v1::GetProductRequest request);
  Task<Result<v1::Product>> get_by_sku(CallContext context, v1::GetProductBySkuRequest request);
  Task<Result<v1::ProductBySlug>> get_by_slug(CallContext context, v1::GetProductBySlugRequest request);
  Task<Result<v1::BatchGetProductsResponse>> batch_get(CallContext context, v1::BatchGetProductsRequest request);
  Task<Result<v1::MediaContent>> media(CallContext context, v1::GetMediaRequest request);

 private:
  postgres::Database& database_;
};

}  // namespace emporion::catalog
