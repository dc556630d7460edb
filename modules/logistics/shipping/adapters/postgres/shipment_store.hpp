#pragma once

#include "modules/logistics/shipping/app/ports.hpp"

namespace emporion::shipping {

class PostgresShipmentStore : public ShipmentStore {
 public:
  explicit PostgresShipmentStore(postgres::Database& database) : database_(database) {}
  Task<Result<std::optional<Shipment>>> find(Uuid id) override;
  Task<Result<std::optional<Shipment>>> find_by_package(Uuid package_id) override;
  Task<Result<std::vector<Shipment>>> list(Filter filter) override;
  Task<Result<std::vector<TimelineRow>>> timeline(Uuid shipment_id) override;
  Task<Result<bool>> insert(postgres::UnitOfWork& work, Shipment shipment) override;
  Task<Result<std::vector<Shipment>>> lock(postgres::UnitOfWork& work, std::vector<Uuid> ids) override;
  Task<Result<std::vector<Shipment>>> lock_of_order(postgres::UnitOfWork& work, Uuid order_id) override;
  Task<Result<std::vector<Shipment>>> lock_of_package(postgres::UnitOfWork& work, Uuid package_id) override;
  Task<Result<std::vector<Shipment>>> lock_tracked(postgres::UnitOfWork& work, std::string carrier, std::vector<std::string> tracking_numbers) override;
  Task<Result<>> save(postgres::UnitOfWork& work, std::vector<Shipment> shipments) override;
  Task<Result<>> mark_handed_over(postgres::UnitOfWork& work, Uuid fulfillment_id) override;
  Task<Result<>> add_to_timeline(postgres::UnitOfWork& work, std::vector<TimelineRow> rows) override;
  Task<Result<std::vector<std::string>>> known_keys(postgres::UnitOfWork& work, std::string carrier, std::vector<std::string> keys) override;
  Task<Result<std::vector<Shipment>>> claim_bookings(std::int32_t limit, std::vector<std::string> but_of) override;
  Task<Result<std::vector<Shipment>>> to_tell(std::int32_t limit) override;
  Task<Result<>> told(std::vector<Uuid> handed_over, std::vector<Uuid> cancelled) override;
  Task<Result<>> store_receipts(std::vector<Receipt> receipts) override;
  Task<Result<std::vector<Receipt>>> lock_receipts(postgres::UnitOfWork& work, std::int32_t limit) override;
  Task<Result<>> finish_receipts(postgres::UnitOfWork& work, std::vector<std::int64_t> done, std::vector<std::int64_t> without_parcel) override;
  Task<Result<>> clean_up() override;

 private:
  postgres::Database& database_;
};

}  // namespace emporion::shipping
