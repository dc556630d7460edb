#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernel/messaging/feed.hpp"
#include "kernel/remote_feed/remote_feed.hpp"

namespace emporion::app {

/// The feed of a module that may serve here or elsewhere: consumers keep it over a move, since places in the outbox go on.
class SeatFeed final : public messaging::EventFeed {
 public:
  explicit SeatFeed(std::string producer) : producer_(std::move(producer)) {}

  const std::string& producer() const noexcept override { return producer_; }
  Task<Result<messaging::FeedPage>> read(messaging::Position after, std::vector<std::string> topics, int count) override;
  void on_hint(std::function<void()> wake) override { listeners_->push_back(std::move(wake)); }

  /// From now on it is read there. Null: nowhere just now, MODULE_SWITCHING.
  void turn_to(std::shared_ptr<messaging::EventFeed> feed);

 private:
  std::string producer_;
  std::shared_ptr<messaging::EventFeed> feed_;
  std::vector<std::shared_ptr<messaging::EventFeed>> heard_;  ///< Whose hints come already.
  std::shared_ptr<std::vector<std::function<void()>>> listeners_ = std::make_shared<std::vector<std::function<void()>>>();
};

}  // namespace emporion::app
