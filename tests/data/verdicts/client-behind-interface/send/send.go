// Package send declares what several programs send with.
package send

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// Sender sends.
type Sender interface {
	Publish(ctx context.Context, channel string, message any) *redis.IntCmd
}
