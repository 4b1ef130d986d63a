// A program whose consumers register themselves in packages that it imports under no name.
package main

import "example.com/e/app"

func main() { app.Run() }
