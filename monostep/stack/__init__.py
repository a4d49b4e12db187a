"""What AWS needs to run the workflows of a project: policies, templates, and stacks that are made of them."""
