#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernel/async/runtime.hpp"
#include "kernel/http/client.hpp"
#include "kernel/http/server.hpp"
#include "tests/simulators/common/misbehaviour.hpp"

namespace emporion::simulators {

/// What an answer is to be spoiled with before it is signed, or in its signature.
enum class Spoil : std::uint8_t { nothing, amount, signature };

/// A provider's side over real HTTP: serves calls with the faults that were ordered, and sends webhooks as ordered. What a call does and how messages are
/// signed is the business of each provider. Over HTTP it is told by POST /_simulator/fault?operation=query&fault=lose_answer&times=1,
/// /_simulator/delivery?mode=never, /_simulator/flush.
class ProviderSimulator : public http::Application {
 public:
  ProviderSimulator(Runtime& runtime, const Clock& clock, milliseconds hang);

  Result<> listen(std::uint16_t port = 0) { return server_.listen("127.0.0.1", port); }
  std::string url() const;
  Task<void> close();

  /// The next `times` calls of that operation go wrong so.
  void misbehave(const std::string& operation, Fault fault, int times = 1) { orders_.add(operation, fault, times); }
  void deliver(Delivery delivery) { delivery_ = delivery; }
  /// Sends the webhooks that were held back; with `reversed`, newest first.
  Task<void> flush();
  int calls(const std::string& operation) const { return orders_.calls(operation); }
  /// All webhooks so far, oldest first, sent or not.
  const std::vector<http::ClientRequest>& messages() const noexcept { return messages_; }
  /// Status and body of the last answer to a webhook; 0 before the first.
  const http::Response& last_answer() const noexcept { return last_answer_; }
  /// Sends one message now, as often as wanted, and answers what came back.
  Task<http::Response> send(http::ClientRequest message);

  std::size_t body_limit(const http::Request&) const final { return 1 << 20; }
  Task<http::Response> handle(http::Request request) final;
  http::Response refuse(const Error& error) final;

 protected:
  /// The provider's own handling of a request that is not for the simulator.
  virtual Task<http::Response> serve(http::Request request) = 0;
  /// The same message with a signature that is not ours.
  virtual http::ClientRequest falsified(http::ClientRequest message) const = 0;
  /// Runs `work` with the fault that was ordered for the operation.
  Task<http::Response> perform(std::string operation, std::function<http::Response(Spoil)> work);
  void emit(http::ClientRequest message);
  const Clock& clock() const noexcept { return clock_; }

 private:
  Task<http::Response> control(http::Request request);
  Task<void> send_quietly(http::ClientRequest message);

  Runtime& runtime_;
  const Clock& clock_;
  milliseconds hang_;
  http::Client client_;
  Orders orders_;
  Delivery delivery_ = Delivery::at_once;
  std::vector<http::ClientRequest> messages_;
  std::vector<http::ClientRequest> held_;
  http::Response last_answer_{.status = 0};
  Scope scope_;
  http::Server server_;
};

http::Response json_answer(int status, std::string body);

}  // namespace emporion::simulators
