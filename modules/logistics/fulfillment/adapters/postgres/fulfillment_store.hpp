#pragma once

#include "modules/logistics/fulfillment/app/store.hpp"

namespace emporion::fulfillment {

class PostgresFulfillmentStore final : public FulfillmentStore {
 public:
  explicit PostgresFulfillmentStore(postgres::Database& database) : database_(database) {}
  Task<Result<std::optional<Fulfillment>>> find(Uuid id) override;
  Task<Result<std::vector<Fulfillment>>> of_order(Uuid order_id) override;
  Task<Result<std::vector<Fulfillment>>> list(std::optional<Status> status, std::optional<Uuid> warehouse_id, std::optional<Uuid> before,
                                              std::int32_t limit) override;
  Task<Result<std::optional<Fulfillment>>> find_by_picklist(Uuid picklist_id) override;
  Task<Result<std::vector<Fulfillment>>> list_picklists(std::optional<std::string> status, std::optional<Uuid> warehouse_id, std::optional<Uuid> assignee_id,
                                                        std::int32_t offset, std::int32_t limit) override;
  Task<Result<std::vector<OrderBook>>> lock_orders(postgres::UnitOfWork& work, std::vector<Uuid> order_ids) override;
  Task<Result<>> save_order(postgres::UnitOfWork& work, OrderBook book) override;
  Task<Result<>> keep_news(postgres::UnitOfWork& work, EarlyNews news) override;
  Task<Result<std::vector<EarlyNews>>> take_news(postgres::UnitOfWork& work, Uuid order_id) override;
  Task<Result<std::vector<Fulfillment>>> lock(postgres::UnitOfWork& work, std::vector<Uuid> ids) override;
  Task<Result<std::vector<Fulfillment>>> lock_of_order(postgres::UnitOfWork& work, Uuid order_id) override;
  Task<Result<>> insert(postgres::UnitOfWork& work, std::vector<Fulfillment> fulfillments) override;
  Task<Result<>> save(postgres::UnitOfWork& work, std::vector<Fulfillment> fulfillments) override;
  Task<Result<std::optional<Scan>>> find_scan(postgres::UnitOfWork& work, Uuid fulfillment_id, std::int32_t line_no, std::string scan_id) override;
  Task<Result<>> insert_scans(postgres::UnitOfWork& work, std::vector<Scan> scans) override;
  Task<Result<>> finish_scans(postgres::UnitOfWork& work, std::vector<Scan> scans) override;
  Task<Result<>> drop_scan(postgres::UnitOfWork& work, Scan scan) override;
  Task<Result<std::vector<Scan>>> stale_scans(std::int32_t limit) override;
  Task<Result<std::vector<Waiting>>> waiting(std::vector<std::string> statuses, std::int32_t limit) override;
  Task<Result<std::vector<Waiting>>> waiting_for_handover(std::int32_t limit) override;

 private:
  postgres::Database& database_;
};

}  // namespace emporion::fulfillment
