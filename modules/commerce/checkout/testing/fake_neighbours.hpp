#pragma once

#include <map>
#include <string>
#include <utility>

#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "contracts/product/pricing/v1/pricing_api.hpp"

namespace emporion::checkout {

// The neighbours as far as a cart asks them. They know every SKU, at 65,000 VND; what a cart does not ask is NOT_FAKED.

#define EMP_UNUSED(module, name, Request, Response) \
  Task<Result<module::v1::Response>> name(CallContext, module::v1::Request) override { co_return fail(ErrorKind::unimplemented, "NOT_FAKED"); }

class FakeCatalog : public catalog::v1::CatalogApi {
 public:
  Task<Result<catalog::v1::BatchGetProductsResponse>> batch_get_products(CallContext, catalog::v1::BatchGetProductsRequest request) override {
    catalog::v1::BatchGetProductsResponse out;
    for (auto& sku : request.skus) {
      auto& facts = out.found.emplace_back();
      facts.name = "Product of " + sku;
      facts.product_id = Uuid::from_name(sku);
      facts.sku = std::move(sku);
      facts.sellable = true;
    }
    co_return out;
  }
  EMP_UNUSED(catalog, list_products, ListProductsRequest, ListProductsResponse)
  EMP_UNUSED(catalog, get_product, GetProductRequest, Product)
  EMP_UNUSED(catalog, get_product_by_sku, GetProductBySkuRequest, Product)
  EMP_UNUSED(catalog, get_product_by_slug, GetProductBySlugRequest, ProductBySlug)
  EMP_UNUSED(catalog, create_product, CreateProductRequest, Product)
  EMP_UNUSED(catalog, update_product, UpdateProductRequest, Product)
  EMP_UNUSED(catalog, delete_product, DeleteProductRequest, Product)
  EMP_UNUSED(catalog, submit_product, ProductTransitionRequest, Product)
  EMP_UNUSED(catalog, approve_product, ProductTransitionRequest, Product)
  EMP_UNUSED(catalog, reject_product, ProductTransitionRequest, Product)
  EMP_UNUSED(catalog, publish_product, ProductTransitionRequest, Product)
  EMP_UNUSED(catalog, deactivate_product, ProductTransitionRequest, Product)
  EMP_UNUSED(catalog, activate_product, ProductTransitionRequest, Product)
  EMP_UNUSED(catalog, archive_product, ProductTransitionRequest, Product)
  EMP_UNUSED(catalog, restore_product, ProductTransitionRequest, Product)
  EMP_UNUSED(catalog, generate_variants, GenerateVariantsRequest, GenerateVariantsResponse)
  EMP_UNUSED(catalog, put_media, PutMediaRequest, Media)
  EMP_UNUSED(catalog, get_media, GetMediaRequest, MediaContent)
  EMP_UNUSED(catalog, list_categories, ListCategoriesRequest, ListCategoriesResponse)
  EMP_UNUSED(catalog, get_category_tree, GetCategoryTreeRequest, GetCategoryTreeResponse)
  EMP_UNUSED(catalog, get_category, GetCategoryRequest, Category)
  EMP_UNUSED(catalog, create_category, CreateCategoryRequest, Category)
  EMP_UNUSED(catalog, update_category, UpdateCategoryRequest, Category)
  EMP_UNUSED(catalog, move_category, MoveCategoryRequest, Category)
  EMP_UNUSED(catalog, delete_category, DeleteCategoryRequest, DeleteCategoryResponse)
  EMP_UNUSED(catalog, list_brands, ListBrandsRequest, ListBrandsResponse)
  EMP_UNUSED(catalog, get_brand, GetBrandRequest, Brand)
  EMP_UNUSED(catalog, create_brand, CreateBrandRequest, Brand)
  EMP_UNUSED(catalog, list_attributes, ListAttributesRequest, ListAttributesResponse)
  EMP_UNUSED(catalog, get_attribute, GetAttributeRequest, AttributeDefinition)
  EMP_UNUSED(catalog, create_attribute, CreateAttributeRequest, AttributeDefinition)
  EMP_UNUSED(catalog, update_attribute, UpdateAttributeRequest, AttributeDefinition)
  EMP_UNUSED(catalog, delete_attribute, DeleteAttributeRequest, DeleteAttributeResponse)
  EMP_UNUSED(catalog, import_products, ImportProductsRequest, ImportJob)
  EMP_UNUSED(catalog, get_import_job, GetImportJobRequest, ImportJob)
  EMP_UNUSED(catalog, cancel_import_job, CancelImportJobRequest, ImportJob)
};

class FakePricing : public pricing::v1::PricingApi {
 public:
  Task<Result<pricing::v1::GetBulkPricesResponse>> get_bulk_prices(CallContext, pricing::v1::GetBulkPricesRequest request) override {
    const Money price(65'000, Currency::of(request.currency));
    pricing::v1::GetBulkPricesResponse out;
    for (auto& item : request.items) {
      auto& resolved = out.prices.emplace_back();
      resolved.sku = std::move(item.sku);
      resolved.unit_price = resolved.list_price = price;
    }
    co_return out;
  }
  EMP_UNUSED(pricing, get_price, GetPriceRequest, ResolvedPrice)
  EMP_UNUSED(pricing, calculate, CalculateRequest, Calculation)
  EMP_UNUSED(pricing, calculate_tax, CalculateTaxRequest, TaxCalculation)
  EMP_UNUSED(pricing, create_quote, CreateQuoteRequest, Quote)
  EMP_UNUSED(pricing, get_quote, GetQuoteRequest, Quote)
  EMP_UNUSED(pricing, set_price, SetPriceRequest, Price)
  EMP_UNUSED(pricing, update_price, UpdatePriceRequest, Price)
  EMP_UNUSED(pricing, delete_price, DeletePriceRequest, DeletePriceResponse)
  EMP_UNUSED(pricing, get_price_row, GetPriceRowRequest, Price)
  EMP_UNUSED(pricing, list_prices, ListPricesRequest, ListPricesResponse)
  EMP_UNUSED(pricing, list_price_history, ListPriceHistoryRequest, ListPriceHistoryResponse)
  EMP_UNUSED(pricing, bulk_upsert_prices, BulkUpsertPricesRequest, BulkJob)
  EMP_UNUSED(pricing, get_bulk_job, GetBulkJobRequest, BulkJob)
  EMP_UNUSED(pricing, create_tax_rule, CreateTaxRuleRequest, TaxRule)
  EMP_UNUSED(pricing, update_tax_rule, UpdateTaxRuleRequest, TaxRule)
  EMP_UNUSED(pricing, delete_tax_rule, DeleteTaxRuleRequest, DeleteTaxRuleResponse)
  EMP_UNUSED(pricing, get_tax_rule, GetTaxRuleRequest, TaxRule)
  EMP_UNUSED(pricing, list_tax_rules, ListTaxRulesRequest, ListTaxRulesResponse)
  EMP_UNUSED(pricing, create_tax_zone, CreateTaxZoneRequest, TaxZone)
  EMP_UNUSED(pricing, update_tax_zone, UpdateTaxZoneRequest, TaxZone)
  EMP_UNUSED(pricing, delete_tax_zone, DeleteTaxZoneRequest, DeleteTaxZoneResponse)
  EMP_UNUSED(pricing, get_tax_zone, GetTaxZoneRequest, TaxZone)
  EMP_UNUSED(pricing, list_tax_zones, ListTaxZonesRequest, ListTaxZonesResponse)
  EMP_UNUSED(pricing, get_tax_settings, GetTaxSettingsRequest, TaxSettings)
  EMP_UNUSED(pricing, put_tax_settings, TaxSettings, TaxSettings)
  EMP_UNUSED(pricing, list_fx_rates, ListFxRatesRequest, ListFxRatesResponse)
  EMP_UNUSED(pricing, put_fx_rate, PutFxRateRequest, FxRate)
};

class FakeWarehouse : public warehouse::v1::WarehouseApi {
 public:
  std::map<std::string, std::int32_t> available;  ///< A SKU that is not named has plenty.

  Task<Result<warehouse::v1::BatchStockResponse>> batch_stock(CallContext, warehouse::v1::BatchStockRequest request) override {
    warehouse::v1::BatchStockResponse out;
    for (auto& sku : request.skus) {
      const auto told = available.find(sku);
      auto& level = out.stock.emplace_back();
      level.available = told == available.end() ? 1'000'000 : told->second;
      level.status = level.available > 0 ? warehouse::v1::StockStatus::in_stock : warehouse::v1::StockStatus::out;
      level.sku = std::move(sku);
    }
    co_return out;
  }
  EMP_UNUSED(warehouse, create_warehouse, CreateWarehouseRequest, Warehouse)
  EMP_UNUSED(warehouse, update_warehouse, UpdateWarehouseRequest, Warehouse)
  EMP_UNUSED(warehouse, get_warehouse, GetWarehouseRequest, Warehouse)
  EMP_UNUSED(warehouse, list_warehouses, ListWarehousesRequest, ListWarehousesResponse)
  EMP_UNUSED(warehouse, activate_warehouse, ChangeWarehouseStatusRequest, Warehouse)
  EMP_UNUSED(warehouse, deactivate_warehouse, ChangeWarehouseStatusRequest, Warehouse)
  EMP_UNUSED(warehouse, take_warehouse_offline, ChangeWarehouseStatusRequest, Warehouse)
  EMP_UNUSED(warehouse, bring_warehouse_online, ChangeWarehouseStatusRequest, Warehouse)
  EMP_UNUSED(warehouse, close_warehouse, CloseWarehouseRequest, Warehouse)
  EMP_UNUSED(warehouse, put_coverage, PutCoverageRequest, Coverage)
  EMP_UNUSED(warehouse, get_coverage, GetCoverageRequest, Coverage)
  EMP_UNUSED(warehouse, list_inventory, ListInventoryRequest, ListInventoryResponse)
  EMP_UNUSED(warehouse, get_inventory, GetInventoryRequest, InventoryItem)
  EMP_UNUSED(warehouse, update_inventory, UpdateInventoryRequest, InventoryItem)
  EMP_UNUSED(warehouse, adjust_stock, AdjustStockRequest, StockMovement)
  EMP_UNUSED(warehouse, batch_adjust_stock, BatchAdjustStockRequest, BatchAdjustStockResponse)
  EMP_UNUSED(warehouse, list_movements, ListMovementsRequest, ListMovementsResponse)
  EMP_UNUSED(warehouse, get_movement, GetMovementRequest, StockMovement)
  EMP_UNUSED(warehouse, create_receipt, CreateReceiptRequest, Receipt)
  EMP_UNUSED(warehouse, get_receipt, GetReceiptRequest, Receipt)
  EMP_UNUSED(warehouse, list_receipts, ListReceiptsRequest, ListReceiptsResponse)
  EMP_UNUSED(warehouse, inspect_receipt_line, InspectReceiptLineRequest, Receipt)
  EMP_UNUSED(warehouse, put_away_receipt, PutAwayReceiptRequest, Receipt)
  EMP_UNUSED(warehouse, plan_allocation, PlanAllocationRequest, AllocationPlan)
  EMP_UNUSED(warehouse, reserve, ReserveRequest, Reservation)
  EMP_UNUSED(warehouse, extend_reservation, ExtendReservationRequest, Reservation)
  EMP_UNUSED(warehouse, confirm_reservation, ConfirmReservationRequest, Reservation)
  EMP_UNUSED(warehouse, release_reservation, ReleaseReservationRequest, ReleaseReservationResponse)
  EMP_UNUSED(warehouse, get_reservation, GetReservationRequest, Reservation)
  EMP_UNUSED(warehouse, list_reservations, ListReservationsRequest, ListReservationsResponse)
  EMP_UNUSED(warehouse, pick_reservation, PickReservationRequest, Reservation)
  EMP_UNUSED(warehouse, short_reservation, ShortReservationRequest, ShortReservationResponse)
  EMP_UNUSED(warehouse, fulfill_reservation, FulfillReservationRequest, Reservation)
  EMP_UNUSED(warehouse, resource_reservation, ResourceReservationRequest, Reservation)
};

#undef EMP_UNUSED

}  // namespace emporion::checkout
