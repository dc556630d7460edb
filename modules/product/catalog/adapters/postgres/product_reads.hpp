#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/postgres/revision_watch.hpp"

namespace emporion::catalog {

/// Reads of products and pictures, one statement each, unless they are in memory: what is there belongs to one revision of the database and goes with it.
/// Guests and customers see active products only; to them all others are not there.
class ProductReads {
 public:
  ProductReads(postgres::Database& database, const Clock& clock);

  Task<Result<v1::ListProductsResponse>> list(CallContext context, v1::ListProductsRequest request);
  Task<Result<v1::Product>> get(CallContext context, v1::GetProductRequest request);
  Task<Result<v1::Product>> get_by_sku(CallContext context, v1::GetProductBySkuRequest request);
  Task<Result<v1::ProductBySlug>> get_by_slug(CallContext context, v1::GetProductBySlugRequest request);
  Task<Result<v1::BatchGetProductsResponse>> batch_get(CallContext context, v1::BatchGetProductsRequest request);
  Task<Result<v1::MediaContent>> media(CallContext context, v1::GetMediaRequest request);
  /// To be called after a commit of this process that changed products.
  void changed() noexcept { watch_.look_again(); }

 private:
  Task<Result<>> catch_up();
  Task<Result<std::vector<std::shared_ptr<const v1::SkuFacts>>>> read_facts(std::vector<std::string> skus, std::vector<Uuid> ids);

  postgres::Database& database_;
  postgres::RevisionWatch watch_;
  std::int64_t revision_ = -1;  ///< Of both that follow.
  std::unordered_map<std::string, std::shared_ptr<const v1::SkuFacts>> facts_;
  std::unordered_map<Uuid, std::shared_ptr<const v1::Product>> products_;
};

}  // namespace emporion::catalog
