package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/trace/noop"
	"golang.org/x/sync/errgroup"
	cri "k8s.io/cri-client/pkg"
	"k8s.io/klog/v2"
)

const (
	// connectionTimeout bounds one call to containerd; stopping a pod includes killing its processes.
	connectionTimeout = 20 * time.Second
	// removalsAtOnce keeps a cluster full of pods from starting a network plug-in process for each pod at the same time.
	removalsAtOnce = 16
)

// newRemovePodsCommand makes the command that stops and removes every pod sandbox of one containerd: its containers, its
// shim, its network and its mounts go with it. containerd leaves them all running when it is stopped.
func newRemovePodsCommand() *cobra.Command {
	command := &cobra.Command{
		Use:           "remove-pods unix://CONTAINERD_SOCKET",
		Args:          cobra.ExactArgs(1),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	command.RunE = func(command *cobra.Command, arguments []string) error {
		logger := klog.Background()
		runtime, err := cri.NewRemoteRuntimeService(arguments[0], connectionTimeout, noop.NewTracerProvider(), &logger)
		if err != nil {
			return fmt.Errorf("connecting to containerd at %s: %w", arguments[0], err)
		}
		sandboxes, err := runtime.ListPodSandbox(command.Context(), nil)
		if err != nil {
			return fmt.Errorf("listing pods of containerd at %s: %w", arguments[0], err)
		}
		removals, ctx := errgroup.WithContext(command.Context())
		removals.SetLimit(removalsAtOnce)
		for _, sandbox := range sandboxes {
			removals.Go(func() error {
				pod := sandbox.Metadata.Namespace + "/" + sandbox.Metadata.Name
				if err := runtime.StopPodSandbox(ctx, sandbox.Id); err != nil {
					return fmt.Errorf("stopping pod %s: %w", pod, err)
				}
				if err := runtime.RemovePodSandbox(ctx, sandbox.Id); err != nil {
					return fmt.Errorf("removing pod %s: %w", pod, err)
				}
				return nil
			})
		}
		return removals.Wait()
	}
	return command
}
