#pragma once

#include <memory>

#include "kernel/postgres/database.hpp"
#include "modules/logistics/warehouse/app/stores.hpp"

namespace emporion::warehouse {

/// The stores over the module's own database, which must outlive them.
std::unique_ptr<WarehouseStore> postgres_warehouse_store(postgres::Database& database);
std::unique_ptr<StockStore> postgres_stock_store(postgres::Database& database);
std::unique_ptr<ReceiptStore> postgres_receipt_store(postgres::Database& database);
std::unique_ptr<ReservationStore> postgres_reservation_store(postgres::Database& database);

}  // namespace emporion::warehouse
