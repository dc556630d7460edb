#pragma once

#include "kernel/postgres/revision_watch.hpp"
#include "modules/product/promotion/app/stores.hpp"

namespace emporion::promotion {

/// The running promotions in memory, read again when `active_set.revision` moved: it does so in every transaction that changes or stops one.
class PostgresPromotionBook final : public PromotionBook {
 public:
  PostgresPromotionBook(postgres::Database& database, const Clock& clock);

  Task<Result<std::shared_ptr<const ActiveSet>>> now() override;
  void look_again() override { watch_.look_again(); }
  Task<Result<std::shared_ptr<const Promotion>>> find(Uuid id) override;

 private:
  postgres::Database& database_;
  const Clock& clock_;
  postgres::RevisionWatch watch_;
  std::shared_ptr<const ActiveSet> set_;
};

}  // namespace emporion::promotion
