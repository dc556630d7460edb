#include "modules/product/catalog/adapters/postgres/categories.hpp"

#include "kernel/base/text.hpp"
#include "kernel/postgres/answer_once.hpp"
#include "kernel/postgres/paging.hpp"
#include "modules/product/catalog/domain/sku.hpp"

namespace emporion::catalog {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement list_sql{
    "catalog.list_categories",
    "SELECT category_document(c) FROM category c WHERE ($1::uuid IS NULL OR c.parent_id = $1::uuid) AND ($2::uuid IS NULL OR (c.path, c.id) > "
    "(SELECT path, id FROM category WHERE id = $2::uuid)) ORDER BY c.path, c.id LIMIT $3::int4"};
// Parents before children; siblings by sort_order and name: a path of their places sorts the whole tree.
constexpr Statement tree_sql{"catalog.category_tree", R"(
WITH RECURSIVE tree AS (
  SELECT c.id, ARRAY[row_number() OVER (ORDER BY c.sort_order, c.name, c.id)] AS place FROM category c WHERE c.parent_id IS NULL
  UNION ALL
  SELECT c.id, t.place || row_number() OVER (PARTITION BY c.parent_id ORDER BY c.sort_order, c.name, c.id) FROM category c JOIN tree t ON c.parent_id = t.id)
SELECT category_document(c) FROM tree t JOIN category c ON c.id = t.id ORDER BY t.place)"};
constexpr Statement get_sql{"catalog.get_category", "SELECT category_document(c) FROM category c WHERE id = $1::uuid"};
constexpr Statement save_sql{"catalog.save_category", "SELECT category_save($1::uuid, $2::int8, $3::uuid, $4::jsonb, $5::uuid)", Effect::writes};
constexpr Statement move_sql{"catalog.move_category", "SELECT category_move($1::uuid, $2::int8, $3::uuid, $4::uuid)", Effect::writes};
constexpr Statement delete_sql{"catalog.delete_category", "SELECT category_delete($1::uuid, $2::int8, $3::uuid)", Effect::writes};
constexpr Statement list_brands_sql{
    "catalog.list_brands",
    "SELECT brand_document(b) FROM brand b WHERE $1::uuid IS NULL OR (b.name, b.id) > (SELECT name, id FROM brand WHERE id = $1::uuid) "
    "ORDER BY b.name, b.id LIMIT $2::int4"};
constexpr Statement get_brand_sql{"catalog.get_brand", "SELECT brand_document(b) FROM brand b WHERE id = $1::uuid"};
constexpr Statement create_brand_sql{"catalog.create_brand", "SELECT brand_create($1::uuid, $2::text, $3::text, $4::text, $5::text, $6::uuid)", Effect::writes};

// The slug given, or one made of the name.
Result<std::string> slug_of(const std::optional<std::string>& given, std::string_view name, std::string_view fallback) {
  if (!given) return Slug::of_name(name, fallback).text();
  EMP_TRY(Slug::parse(*given));
  return *given;
}

template <typename Answer>
Result<Answer> one_document(const postgres::Rows& rows, std::string_view absent) {
  if (rows.empty()) return fail(ErrorKind::not_found, std::string(absent));
  return parse_json<Answer>(rows[0].get<std::string>(0));
}

}  // namespace

Task<Result<v1::ListCategoriesResponse>> Categories::list(CallContext, v1::ListCategoriesRequest request) {
  EMP_CO_ASSIGN(const auto after, postgres::page_start(request.page_token));
  const std::int32_t size = request.page_size.value_or(postgres::page_size_default);
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_sql, request.parent_id, after, size + 1));
  v1::ListCategoriesResponse out;
  EMP_CO_TRY(postgres::fill_page(rows, size, out.categories, out.next_page_token));
  co_return out;
}

Task<Result<v1::GetCategoryTreeResponse>> Categories::tree(CallContext, v1::GetCategoryTreeRequest) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(tree_sql));
  v1::GetCategoryTreeResponse out;
  std::optional<std::string> none;
  EMP_CO_TRY(postgres::fill_page(rows, static_cast<std::int32_t>(rows.size()), out.categories, none));
  co_return out;
}

Task<Result<v1::Category>> Categories::get(CallContext, v1::GetCategoryRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_sql, request.id));
  co_return one_document<v1::Category>(rows, "CATEGORY_NOT_FOUND");
}

Task<Result<v1::Category>> Categories::create(CallContext context, v1::CreateCategoryRequest request) {
  v1::CategoryInput input = request.category;
  EMP_CO_ASSIGN(input.slug, slug_of(input.slug, input.name, "category"));
  const Uuid id = request.id ? *request.id : Uuid::v7(clock_.now(), random_);
  auto statement = postgres::bind(save_sql, id, std::optional<std::int64_t>(), request.parent_id, json::Raw{to_json(input)}, context.trace);
  co_return co_await postgres::answer_once<v1::Category>(database_, std::move(context), "catalog.create_category", std::move(request), std::move(statement));
}

Task<Result<v1::Category>> Categories::update(CallContext context, v1::UpdateCategoryRequest request) {
  EMP_CO_ASSIGN(request.category.slug, slug_of(request.category.slug, request.category.name, "category"));
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(save_sql, request.id, std::optional(request.version), std::optional<Uuid>(),
                                                          json::Raw{to_json(request.category)}, context.trace));
  co_return one_document<v1::Category>(rows, "CATEGORY_NOT_FOUND");
}

Task<Result<v1::Category>> Categories::move(CallContext context, v1::MoveCategoryRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(move_sql, request.id, request.version, request.parent_id, context.trace));
  co_return one_document<v1::Category>(rows, "CATEGORY_NOT_FOUND");
}

Task<Result<v1::DeleteCategoryResponse>> Categories::remove(CallContext context, v1::DeleteCategoryRequest request) {
  EMP_CO_TRY(co_await database_.query(delete_sql, request.id, request.version, context.trace));
  co_return v1::DeleteCategoryResponse();
}

Task<Result<v1::ListBrandsResponse>> Categories::list_brands(CallContext, v1::ListBrandsRequest request) {
  EMP_CO_ASSIGN(const auto after, postgres::page_start(request.page_token));
  const std::int32_t size = request.page_size.value_or(postgres::page_size_default);
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_brands_sql, after, size + 1));
  v1::ListBrandsResponse out;
  EMP_CO_TRY(postgres::fill_page(rows, size, out.brands, out.next_page_token));
  co_return out;
}

Task<Result<v1::Brand>> Categories::get_brand(CallContext, v1::GetBrandRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_brand_sql, request.id));
  co_return one_document<v1::Brand>(rows, "BRAND_NOT_FOUND");
}

Task<Result<v1::Brand>> Categories::create_brand(CallContext context, v1::CreateBrandRequest request) {
  EMP_CO_ASSIGN(const auto slug, slug_of(request.slug, request.name, "brand"));
  const Uuid id = request.id ? *request.id : Uuid::v7(clock_.now(), random_);
  auto statement = postgres::bind(create_brand_sql, id, request.name, slug, request.country, request.logo, context.trace);
  co_return co_await postgres::answer_once<v1::Brand>(database_, std::move(context), "catalog.create_brand", std::move(request), std::move(statement));
}

}  // namespace emporion::catalog
