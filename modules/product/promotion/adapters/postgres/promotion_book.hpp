#pragma once

#include "kernel/lanes/lane.hpp"
#include "kernel/postgres/revision_watch.hpp"
#include "modules/product/promotion/app/stores.hpp"

namespace emporion::promotion {

/// The running promotions in memory, read again when `active_set.revision` moved: it does so in every transaction that changes or stops one. Whoever asks while
/// they are read waits for that: there may be many promotions and, when the shop starts or staff changes one, many buyers.
class PostgresPromotionBook final : public PromotionBook {
 public:
  PostgresPromotionBook(Runtime& runtime, postgres::Database& database, const Clock& clock);
  Task<void> close() { return reads_.close(); }

  Task<Result<std::shared_ptr<const ActiveSet>>> now() override;
  void look_again() override { watch_.look_again(); }
  Task<Result<std::shared_ptr<const Promotion>>> find(Uuid id) override;

 private:
  using Revisions = std::vector<std::int64_t>;
  using Sets = std::vector<Result<std::shared_ptr<const ActiveSet>>>;
  Task<Result<Sets>> read_for(Revisions wanted);
  Task<Result<>> read();

  postgres::Database& database_;
  const Clock& clock_;
  postgres::RevisionWatch watch_;
  std::shared_ptr<const ActiveSet> set_;
  Lane<std::int64_t, std::shared_ptr<const ActiveSet>> reads_;
};

}  // namespace emporion::promotion
