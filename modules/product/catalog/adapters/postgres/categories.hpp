#pragma once

#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/time.hpp"
#include "kernel/postgres/database.hpp"

namespace emporion::catalog {

/// Categories and brands as rows. Changes of the tree take its lock in the database, so they happen one after the other (CAT-7).
class Categories {
 public:
  Categories(postgres::Database& database, const Clock& clock, Random& random) : database_(database), clock_(clock), random_(random) {}

  Task<Result<v1::ListCategoriesResponse>> list(CallContext context, v1::ListCategoriesRequest request);
  Task<Result<v1::GetCategoryTreeResponse>> tree(CallContext context, v1::GetCategoryTreeRequest request);
  Task<Result<v1::Category>> get(CallContext context, v1::GetCategoryRequest request);
  Task<Result<v1::Category>> create(CallContext context, v1::CreateCategoryRequest request);
  Task<Result<v1::Category>> update(CallContext context, v1::UpdateCategoryRequest request);
  Task<Result<v1::Category>> move(CallContext context, v1::MoveCategoryRequest request);
  Task<Result<v1::DeleteCategoryResponse>> remove(CallContext context, v1::DeleteCategoryRequest request);

  Task<Result<v1::ListBrandsResponse>> list_brands(CallContext context, v1::ListBrandsRequest request);
  Task<Result<v1::Brand>> get_brand(CallContext context, v1::GetBrandRequest request);
  Task<Result<v1::Brand>> create_brand(CallContext context, v1::CreateBrandRequest request);

 private:
  postgres::Database& database_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::catalog
