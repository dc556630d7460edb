#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/simulators/common/provider_simulator.hpp"

namespace emporion::simulators {

struct VnpaySimulatorOptions {
  std::string tmn_code = "SIMU0001";
  std::string hash_secret = "SIMULATEDSECRET0123456789ABCDEF0";
  std::string ipn_url;       ///< Empty: IPNs are kept for the test.
  milliseconds hang{3'000};  ///< How long a lost answer keeps its connection open.
};

/// VNPay's side over real HTTP: the pay page, the merchant API (operations `query` and `refund`) and signed IPNs. Checks each parameter as strictly as VNPay
/// would: hash, account, version, amounts in hundredths, dates in GMT+7 near the clock, ids that are new today.
class VnpaySimulator final : public ProviderSimulator {
 public:
  VnpaySimulator(Runtime& runtime, const Clock& clock, VnpaySimulatorOptions options)
      : ProviderSimulator(runtime, clock, options.hang), options_(std::move(options)) {}

  std::string pay_url() const { return url() + "/paymentv2/vpcpay.html"; }
  std::string api_url() const { return url() + "/merchant_webapi/api/transaction"; }
  void set_ipn_url(std::string url) { options_.ipn_url = std::move(url); }

  /// What the buyer does at the page that they opened: VNPay books it and sends the IPN. False: no such page, over, or done.
  bool pay(const std::string& txn_ref, const std::string& response_code = "00", const std::string& transaction_status = "00");
  /// Lets a refund that VNPay only took note of succeed or be rejected.
  void settle_refund(const std::string& txn_ref, bool succeeded);
  /// Refunds are only taken note of from now on.
  void refund_slowly() { refunds_wait_ = true; }
  /// An IPN as VNPay would sign it, of parameters of the test's choice.
  http::ClientRequest ipn(std::map<std::string, std::string> fields) const;

  struct Transaction {
    std::int64_t amount = 0;  ///< In hundredths.
    std::string create_date;
    std::string expire_date;
    std::string return_url;
    std::string number;
    std::string status = "01";
    std::int64_t refunded = 0;
    std::int64_t last_refund = 0;
    std::string refund_type;  ///< 02 or 03 once there is one.
    std::string refund_status;
  };
  const Transaction* find(const std::string& txn_ref) const;
  /// The only transaction; null if there is none or more than one.
  std::string only_ref() const { return transactions_.size() == 1 ? transactions_.begin()->first : std::string(); }
  /// Money taken and not given back, in đồng.
  std::int64_t balance() const;
  /// Why the last request was refused; empty if it was not.
  const std::string& complaint() const noexcept { return complaint_; }

 protected:
  Task<http::Response> serve(http::Request request) override;
  http::ClientRequest falsified(http::ClientRequest message) const override;

 private:
  using Fields = std::map<std::string, std::string>;
  http::Response open_page(const http::Request& request);
  http::Response answer_query(const Fields& fields, Spoil spoil);
  http::Response answer_refund(const Fields& fields, Spoil spoil);
  http::Response signed_answer(Fields fields, std::size_t hashed, Spoil spoil) const;
  http::Response refuse_call(std::string_view command, std::string_view code, std::string complaint, Spoil spoil);
  std::string check_call(const Fields& fields, const std::vector<std::string>& order);
  std::string local_now() const;

  VnpaySimulatorOptions options_;
  std::map<std::string, Transaction> transactions_;
  std::map<std::string, bool> request_ids_;
  std::int64_t next_number_ = 14'000'000;
  bool refunds_wait_ = false;
  std::string complaint_;
};

}  // namespace emporion::simulators
