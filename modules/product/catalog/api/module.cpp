#include "modules/product/catalog/api/module.hpp"

#include "contracts/product/catalog/v1/catalog_api_binding.hpp"
#include "modules/product/catalog/adapters/postgres/attributes.hpp"
#include "modules/product/catalog/adapters/postgres/categories.hpp"
#include "modules/product/catalog/adapters/postgres/imports.hpp"
#include "modules/product/catalog/adapters/postgres/product_reads.hpp"
#include "modules/product/catalog/adapters/postgres/products.hpp"

namespace emporion::catalog {
namespace {

// The contract's operations, each handed to the part that owns it.
class CatalogFace final : public v1::CatalogApi {
 public:
  CatalogFace(ProductReads& reads, Products& products, Categories& categories, Attributes& attributes, Imports& imports)
      : reads_(reads), products_(products), categories_(categories), attributes_(attributes), imports_(imports) {}

  Task<Result<v1::ListProductsResponse>> list_products(CallContext context, v1::ListProductsRequest request) override {
    return reads_.list(std::move(context), std::move(request));
  }
  Task<Result<v1::Product>> get_product(CallContext context, v1::GetProductRequest request) override {
    return reads_.get(std::move(context), std::move(request));
  }
  Task<Result<v1::Product>> get_product_by_sku(CallContext context, v1::GetProductBySkuRequest request) override {
    return reads_.get_by_sku(std::move(context), std::move(request));
  }
  Task<Result<v1::ProductBySlug>> get_product_by_slug(CallContext context, v1::GetProductBySlugRequest request) override {
    return reads_.get_by_slug(std::move(context), std::move(request));
  }
  Task<Result<v1::BatchGetProductsResponse>> batch_get_products(CallContext context, v1::BatchGetProductsRequest request) override {
    return reads_.batch_get(std::move(context), std::move(request));
  }
  Task<Result<v1::Product>> create_product(CallContext context, v1::CreateProductRequest request) override {
    return products_.create(std::move(context), std::move(request));
  }
  Task<Result<v1::Product>> update_product(CallContext context, v1::UpdateProductRequest request) override {
    return products_.update(std::move(context), std::move(request));
  }
  Task<Result<v1::Product>> delete_product(CallContext context, v1::DeleteProductRequest request) override {
    return products_.remove(std::move(context), std::move(request));
  }
  Task<Result<v1::Product>> submit_product(CallContext context, v1::ProductTransitionRequest request) override {
    return products_.step(std::move(context), ProductStep::submit, std::move(request));
  }
  Task<Result<v1::Product>> approve_product(CallContext context, v1::ProductTransitionRequest request) override {
    return products_.step(std::move(context), ProductStep::approve, std::move(request));
  }
  Task<Result<v1::Product>> reject_product(CallContext context, v1::ProductTransitionRequest request) override {
    return products_.step(std::move(context), ProductStep::reject, std::move(request));
  }
  Task<Result<v1::Product>> publish_product(CallContext context, v1::ProductTransitionRequest request) override {
    return products_.step(std::move(context), ProductStep::publish, std::move(request));
  }
  Task<Result<v1::Product>> deactivate_product(CallContext context, v1::ProductTransitionRequest request) override {
    return products_.step(std::move(context), ProductStep::deactivate, std::move(request));
  }
  Task<Result<v1::Product>> activate_product(CallContext context, v1::ProductTransitionRequest request) override {
    return products_.step(std::move(context), ProductStep::activate, std::move(request));
  }
  Task<Result<v1::Product>> archive_product(CallContext context, v1::ProductTransitionRequest request) override {
    return products_.step(std::move(context), ProductStep::archive, std::move(request));
  }
  Task<Result<v1::Product>> restore_product(CallContext context, v1::ProductTransitionRequest request) override {
    return products_.step(std::move(context), ProductStep::restore, std::move(request));
  }
  Task<Result<v1::GenerateVariantsResponse>> generate_variants(CallContext context, v1::GenerateVariantsRequest request) override {
    return products_.generate_variants(std::move(context), std::move(request));
  }
  Task<Result<v1::Media>> put_media(CallContext context, v1::PutMediaRequest request) override {
    return products_.put_media(std::move(context), std::move(request));
  }
  Task<Result<v1::MediaContent>> get_media(CallContext context, v1::GetMediaRequest request) override {
    return reads_.media(std::move(context), std::move(request));
  }
  Task<Result<v1::ListCategoriesResponse>> list_categories(CallContext context, v1::ListCategoriesRequest request) override {
    return categories_.list(std::move(context), std::move(request));
  }
  Task<Result<v1::GetCategoryTreeResponse>> get_category_tree(CallContext context, v1::GetCategoryTreeRequest request) override {
    return categories_.tree(std::move(context), std::move(request));
  }
  Task<Result<v1::Category>> get_category(CallContext context, v1::GetCategoryRequest request) override {
    return categories_.get(std::move(context), std::move(request));
  }
  Task<Result<v1::Category>> create_category(CallContext context, v1::CreateCategoryRequest request) override {
    return categories_.create(std::move(context), std::move(request));
  }
  Task<Result<v1::Category>> update_category(CallContext context, v1::UpdateCategoryRequest request) override {
    return categories_.update(std::move(context), std::move(request));
  }
  Task<Result<v1::Category>> move_category(CallContext context, v1::MoveCategoryRequest request) override {
    return categories_.move(std::move(context), std::move(request));
  }
  Task<Result<v1::DeleteCategoryResponse>> delete_category(CallContext context, v1::DeleteCategoryRequest request) override {
    return categories_.remove(std::move(context), std::move(request));
  }
  Task<Result<v1::ListBrandsResponse>> list_brands(CallContext context, v1::ListBrandsRequest request) override {
    return categories_.list_brands(std::move(context), std::move(request));
  }
  Task<Result<v1::Brand>> get_brand(CallContext context, v1::GetBrandRequest request) override {
    return categories_.get_brand(std::move(context), std::move(request));
  }
  Task<Result<v1::Brand>> create_brand(CallContext context, v1::CreateBrandRequest request) override {
    return categories_.create_brand(std::move(context), std::move(request));
  }
  Task<Result<v1::ListAttributesResponse>> list_attributes(CallContext context, v1::ListAttributesRequest request) override {
    return attributes_.list(std::move(context), std::move(request));
  }
  Task<Result<v1::AttributeDefinition>> get_attribute(CallContext context, v1::GetAttributeRequest request) override {
    return attributes_.get(std::move(context), std::move(request));
  }
  Task<Result<v1::AttributeDefinition>> create_attribute(CallContext context, v1::CreateAttributeRequest request) override {
    return attributes_.create(std::move(context), std::move(request));
  }
  Task<Result<v1::AttributeDefinition>> update_attribute(CallContext context, v1::UpdateAttributeRequest request) override {
    return attributes_.update(std::move(context), std::move(request));
  }
  Task<Result<v1::DeleteAttributeResponse>> delete_attribute(CallContext context, v1::DeleteAttributeRequest request) override {
    return attributes_.remove(std::move(context), std::move(request));
  }
  Task<Result<v1::ImportJob>> import_products(CallContext context, v1::ImportProductsRequest request) override {
    return imports_.begin(std::move(context), std::move(request));
  }
  Task<Result<v1::ImportJob>> get_import_job(CallContext context, v1::GetImportJobRequest request) override {
    return imports_.get(std::move(context), std::move(request));
  }
  Task<Result<v1::ImportJob>> cancel_import_job(CallContext context, v1::CancelImportJobRequest request) override {
    return imports_.cancel(std::move(context), std::move(request));
  }

 private:
  ProductReads& reads_;
  Products& products_;
  Categories& categories_;
  Attributes& attributes_;
  Imports& imports_;
};

class CatalogModule final : public Module {
 public:
  explicit CatalogModule(const ModuleContext& context)
      : jobs_(context.jobs),
        attributes_(context.database),
        categories_(context.database, context.clock, context.random),
        reads_(context.database, context.clock),
        products_(context.database, attributes_, context.clock, context.random, changed()),
        imports_(context.runtime, context.database, attributes_, context.clock, context.random, changed()),
        face_(reads_, products_, categories_, attributes_, imports_),
        binding_(std::make_shared<v1::LocalCatalogApi>(face_, context.clock)) {}

  void bind(Calls& calls) override { calls.bind<v1::CatalogApi>(binding_); }
  Result<> routes(http::Router& router) override { return v1::add_routes(router, *binding_); }

  Task<Result<>> start() override {
    jobs_.every("catalog.publish_due", seconds(5), &products_, &Products::publish_due);
    jobs_.every("catalog.import", seconds(2), &imports_, &Imports::resume);
    co_return Result<>();
  }

 private:
  // This process sees its own changes at once; those of other replicas within 100 ms.
  std::function<void()> changed() {
    return [this] { reads_.changed(); };
  }

  Jobs& jobs_;
  Attributes attributes_;
  Categories categories_;
  ProductReads reads_;
  Products products_;
  Imports imports_;
  CatalogFace face_;
  std::shared_ptr<v1::CatalogApi> binding_;
};

}  // namespace

ModuleDefinition definition() {
  ModuleDefinition out;
  out.name = "catalog";
  out.migrations = migrations();
  out.create = [](ModuleContext context) -> std::unique_ptr<Module> { return std::make_unique<CatalogModule>(context); };
  out.audit_checks = {
      {"CAT-4 an active product has an active variant",
       "SELECT p.id::text, p.slug FROM product p WHERE p.status = 'active' AND NOT EXISTS (SELECT FROM variant v WHERE v.product_id = p.id AND v.status = "
       "'active' AND NOT v.is_removed)"},
      {"CAT-6 a product that is not deleted has one default variant",
       "SELECT p.id::text, p.slug FROM product p WHERE p.status <> 'deleted' AND (SELECT count(*) FROM variant v WHERE v.product_id = p.id AND v.is_default "
       "AND NOT v.is_removed) <> 1"},
      {"CAT-7 a category's path is its parent's and itself",
       "SELECT c.id::text, c.slug FROM category c LEFT JOIN category p ON p.id = c.parent_id WHERE c.path <> coalesce(p.path, '{}'::uuid[]) || c.id"},
      {"CAT-9 a product's document is its row",
       "SELECT id::text, slug FROM product WHERE document::jsonb ->> 'version' IS DISTINCT FROM version::text OR document::jsonb ->> 'status' IS DISTINCT FROM "
       "status"},
  };
  return out;
}

}  // namespace emporion::catalog
