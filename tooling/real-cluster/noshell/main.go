// Command noshell is the only file of the image of the same name: a program in a container without a shell, tar or cat,
// as distroless images are. Tests use it for tasks that run an image's own entrypoint.
//
//	noshell copy FROM TO    copies a file
//	noshell exit CODE       ends with that exit code
//	noshell wait            waits for SIGTERM or SIGINT, says which one came, and ends with exit code 0
//	noshell ARGUMENT...     prints each argument on its own line
package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "noshell:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	switch {
	case len(arguments) == 3 && arguments[0] == "copy":
		return copyFile(arguments[1], arguments[2])
	case len(arguments) == 2 && arguments[0] == "exit":
		code, err := strconv.Atoi(arguments[1])
		if err != nil {
			return err
		}
		os.Exit(code)
	case len(arguments) == 1 && arguments[0] == "wait":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
		fmt.Println("waiting")
		fmt.Println("ended by", <-signals)
		return nil
	}
	for _, argument := range arguments {
		fmt.Println(argument)
	}
	return nil
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(target, source); err != nil {
		return err
	}
	return target.Close()
}
