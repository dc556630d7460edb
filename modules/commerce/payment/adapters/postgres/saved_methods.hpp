#pragma once

#include "contracts/commerce/payment/v1/methods_api.hpp"
#include "kernel/base/random.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/commerce/payment/app/card_vault.hpp"
#include "modules/commerce/payment/app/saved_cards.hpp"

namespace emporion::payment {

/// Customers' cards: their keeper has them, we know which they are. The keeper is asked before we write and told after; what it could not be told is told by
/// the job.
class SavedMethods final : public v1::MethodsApi, public SavedCards {
 public:
  SavedMethods(postgres::Database& database, CardVault& vault, std::string publishable_key, const Clock& clock, Random& random)
      : database_(database), vault_(vault), publishable_key_(std::move(publishable_key)), clock_(clock), random_(random) {}

  Task<Result<v1::ListSavedMethodsResponse>> list_saved_methods(CallContext context, v1::ListSavedMethodsRequest request) override;
  Task<Result<v1::SetUpMethodResponse>> set_up_method(CallContext context, v1::SetUpMethodRequest request) override;
  Task<Result<v1::SaveMethodResponse>> save_method(CallContext context, v1::SaveMethodRequest request) override;
  Task<Result<v1::SavedMethod>> update_saved_method(CallContext context, v1::UpdateSavedMethodRequest request) override;
  Task<Result<v1::DeleteSavedMethodResponse>> delete_saved_method(CallContext context, v1::DeleteSavedMethodRequest request) override;
  Task<Result<std::optional<SavedCard>>> find(Uuid id, Uuid customer_id) override;

  /// The job: tells the keeper which cards were deleted.
  Task<Result<>> detach_due(CallContext context);
  /// Called when the job has something to do.
  std::function<void()> on_removed;

 private:
  Task<Result<std::string>> owner_of(Uuid customer_id);

  postgres::Database& database_;
  CardVault& vault_;
  std::string publishable_key_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::payment
